// Resampling of an image by a transform.
#include "pipeline/core/error.h"
#include "stages/alignment/alignment.h"
#include "stages/alignment/alignment_ops.h"

namespace nadir {
namespace {

struct Params {
  Resampling resampling = Resampling::cubic;
  bool resample = true;
};
NADIR_PARAMS(Params,
             PARAM(resampling, "", choices({"nearest", "bilinear", "cubic", "lanczos3"}),
                   "Interpolation kernel; cubic is Keys with a = -1/2."),
             PARAM(resample, "", any(),
                   "false: samples stay as they are and only the georeference is moved; for pure shifts."))

// Until the transform is known, shifts up to the default of estimate_alignment are planned for.
constexpr int kNominalMargin = 32 + 4;

// y(p) = sum_k w(T p - k) x(k) / sum_k w(T p - k) over valid samples k, separable w (Keys 1981; Lanczos after Turkowski
// 1990). A sample is valid when at least half of the absolute weight lies on valid samples and T p lies inside the
// image. Whole-pixel shifts copy. taps^2 multiply-adds a sample.
class Warp final : public TileStage {
 public:
  Warp(const Params& p, const StageContext& context) : info_(*context.images[0]), resample_(p.resample) {
    const auto* transform = std::get_if<Transform>(&context.values[1]);
    planned_only_ = !transform;
    const Transform used = transform ? *transform : Transform{};
    const Size size = info_.grid.size();
    plan_ = used.bend ? plan_warp(used.pixel, *used.bend, p.resampling, size, size)
                      : plan_warp(used.pixel, p.resampling, size);
    if (resample_) return;
    if (!used.is_shift())
      throw Error(
          Fault::data,
          "warp: resample is false, but the transform is not a pure shift; only a shift can be written into the "
          "georeference, set resample: true");
    info_.grid = info_.grid.shifted(-used.pixel[0], -used.pixel[3]);
    plan_ = plan_warp(Transform{}.pixel, Resampling::nearest, info_.grid.size());
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (input != 0) return {};
    return planned_only_ && resample_ ? grow(out, kNominalMargin) : source_window(plan_, out);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override { warp(exec, in[0], out[0], plan_); }

 private:
  ImageInfo info_;
  WarpPlan plan_;
  bool resample_;
  bool planned_only_ = false;
};

}  // namespace

StageInfo warp_stage() {
  return {.name = "warp",
          .family = "alignment",
          .doc = "Resamples an image by a transform, or moves its georeference by a pure shift.",
          .inputs = {{"image", PortType::image, "What to move."},
                     {"transform", PortType::transform, "Where each aligned pixel comes from."}},
          .outputs = {{"image", PortType::image, "The aligned image, on the grid of the input."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Warp, Params>},
          .flops_per_sample = 60,
          .on_device = true};
}

}  // namespace nadir
