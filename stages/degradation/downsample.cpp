// Fewer, larger pixels by a whole factor.
#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  int factor = 2;
  Phase phase = Phase::centre;
  Sampling method = Sampling::decimate;
};
NADIR_PARAMS(Params, PARAM(factor, "px", range(1, 16), "Input pixels per output pixel and axis."),
             PARAM(phase, "", choices({"centre", "corner"}),
                   "Sample the middle of each block of factor x factor pixels, or its first pixel, as many papers do; "
                   "the georeference follows."),
             PARAM(method, "", choices({"decimate", "area", "bicubic"}),
                   "Keep one sample a block (for an even factor and centre the mean of the middle four), or take the "
                   "block's mean, or the antialiased bicubic of papers (both centre only)."))

// y[i] = sum_j t[j] x[factor i + first + j] in both axes; ceil(n / factor) pixels. A pixel is valid when at least half
// of its weight lies on valid samples, and is their weighted mean.
class Downsample final : public TileStage {
 public:
  Downsample(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    const Observation sample = sampling(p.factor, p.phase, p.method);
    info_.observation = compose(info_.observation.value_or(Observation{}), sample);
    info_.grid = observed_grid(info_.grid, p.factor, p.phase);
    taps_ = axis_taps(sample);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return fine_window(taps_, out); }
  std::size_t scratch_bytes(const Window& out) const override {
    return observe_scratch(taps_, out, info_.band_count());
  }
  void run(Inputs in, Outputs out, Exec& exec) const override { observe(exec, in[0], out[0], taps_); }

 private:
  ImageInfo info_;
  AxisTaps taps_;
};

}  // namespace

StageInfo downsample_stage() {
  return {.name = "downsample",
          .family = "degradation",
          .doc = "Keeps fewer, larger pixels; blur first, or fine detail turns into false patterns.",
          .inputs = {{"image", PortType::image, "What to sample."}},
          .outputs = {{"image", PortType::image, "The image on a grid of larger pixels."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Downsample, Params>},
          .flops_per_sample = 4,
          .on_device = true};
}

}  // namespace nadir
