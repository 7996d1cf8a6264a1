// Convolution with a point spread function.
#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  Psf kind = Psf::gaussian;
  double sigma_px = 1.2;
  int radius_px = 0;
};
NADIR_PARAMS(Params, PARAM(kind, "", choices({"gaussian", "box"}), "Shape of the point spread function."),
             PARAM(sigma_px, "px", range(0.05, 20), "Standard deviation of the point spread function."),
             PARAM(radius_px, "px", range(0, 63),
                   "Half width at which a Gaussian is cut off, 0: four sigma; or that of the box, 0: the one whose "
                   "standard deviation is nearest to sigma_px."))

// y = h * x with separable h, normalised by the mask; an invalid pixel stays invalid and no other becomes so.
// 2 (2r + 1) multiply-adds a sample.
class Blur final : public TileStage {
 public:
  Blur(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    const Observation blur =
        observation(psf_taps(p.kind, p.sigma_px, p.radius_px), 1, Phase::centre, Sampling::decimate);
    info_.observation = compose(info_.observation.value_or(Observation{}), blur);
    taps_ = axis_taps(blur);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return fine_window(taps_, out); }
  std::size_t scratch_bytes(const Window& out) const override {
    return observe_scratch(taps_, out, info_.band_count());
  }
  void run(Inputs in, Outputs out, Exec& exec) const override { observe(exec, in[0], out[0], taps_, MaskRule::centre); }

 private:
  ImageInfo info_;
  AxisTaps taps_;
};

}  // namespace

StageInfo blur_stage() {
  return {.name = "blur",
          .family = "degradation",
          .doc = "Blurs with a point spread function.",
          .inputs = {{"image", PortType::image, "What to blur."}},
          .outputs = {{"image", PortType::image, "The blurred image, on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Blur, Params>},
          .flops_per_sample = 40,
          .on_device = true};
}

}  // namespace nadir
