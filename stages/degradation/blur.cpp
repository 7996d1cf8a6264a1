// Convolution with a point spread function.
#include "stages/degradation/degradation.h"
#include "stages/degradation/psf.h"

namespace nadir {
namespace {

struct Params {
  Psf kind = Psf::gaussian;
  double sigma_px = 1.2;
  int radius_px = 0;
  double mtf = 0.25;
  double length_px = 5;
  double angle_deg = 0;
  std::string psf_path;
  double pitch_px = 1;
};
NADIR_PARAMS(Params, NADIR_PSF_PARAMS,
             PARAM(pitch_px, "px", range(0.1, 64),
                   "Size of the pixels, in input pixels, that the modulation of kind mtf refers to."))

// y = h * x, normalised by the mask; an invalid pixel stays invalid and no other becomes so. 2 (2r + 1) multiply-adds a
// sample where h is a product of two axes, else as many as h has weights.
class Blur final : public TileStage {
 public:
  Blur(const Params& p, const StageContext& context)
      : info_(*context.images[0]), psf_(point_spread(psf_spec(p, p.pitch_px))) {
    const Observation blur = observation(psf_.described(), 1, Phase::centre, Sampling::decimate);
    info_.observation = compose(info_.observation.value_or(Observation{}), blur);
    taps_ = axis_taps(blur);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    return psf_.spread ? psf_.spread->needs(out) : fine_window(taps_, out);
  }
  std::size_t scratch_bytes(const Window& out) const override {
    return psf_.spread ? 0 : observe_scratch(taps_, out, info_.band_count());
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    if (psf_.spread)
      convolve(exec, in[0], out[0], *psf_.spread);
    else
      observe(exec, in[0], out[0], taps_, MaskRule::centre);
  }

 private:
  ImageInfo info_;
  PointSpread psf_;
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
