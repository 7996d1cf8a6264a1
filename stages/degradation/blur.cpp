// Convolution with a point spread function.
#include <cmath>

#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  float sigma_px = 1.2f;
  int radius_px = 0;
};
NADIR_PARAMS(Params, PARAM(sigma_px, "px", range(0.05, 20), "Standard deviation of the Gaussian PSF."),
             PARAM(radius_px, "px", range(0, 63), "Half width at which the PSF is cut off; 0: four sigma."))

std::vector<float> gaussian_taps(double sigma, int radius) {
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += weights.back();
  }
  std::vector<float> taps;
  for (const double w : weights) taps.push_back(float(w / sum));
  return taps;
}

// y = h * x with a separable Gaussian h, normalised by the mask; an invalid pixel stays invalid. 2 (2r + 1) multiply-adds
// a sample.
class Blur final : public TileStage {
 public:
  Blur(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    const int radius = p.radius_px > 0 ? p.radius_px : std::min(63, int(std::ceil(4 * p.sigma_px)));
    info_.observation = Observation{1, -radius, gaussian_taps(p.sigma_px, radius), 0};
    taps_ = axis_taps(*info_.observation);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return fine_window(taps_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override { observe(exec, in[0], out[0], taps_); }

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
