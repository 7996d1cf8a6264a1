// Rounding to the steps of a converter.
#include <cmath>

#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  double step_dn = 1;
  int bits = 0;
};
NADIR_PARAMS(Params, PARAM(step_dn, "dn", range(1e-6, 1e6), "Distance of two values that remain."),
             PARAM(bits, "", range(0, 24),
                   "Values are kept within [0, step_dn (2^bits - 1)]; 0: within the type of the image."))

// y = step rint(x / step), half to even, clamped. Validity does not change.
class QuantizeSamples final : public TileStage {
 public:
  QuantizeSamples(const Params& p, const StageContext& context) : info_(*context.images[0]), step_(float(p.step_dn)) {
    const auto [low, high] =
        p.bits > 0 ? std::pair{0.0, p.step_dn * (std::pow(2.0, p.bits) - 1)} : limits_of(info_.type);
    low_ = float(low);
    high_ = float(high);
    Observation observed = info_.observation.value_or(Observation{});
    observed.noise_sigma = std::hypot(observed.noise_sigma, p.step_dn / std::sqrt(12.0));
    info_.observation = observed;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override { quantize(exec, in[0], out[0], step_, low_, high_); }

 private:
  ImageInfo info_;
  float step_;
  float low_;
  float high_;
};

}  // namespace

StageInfo quantize_stage() {
  return {.name = "quantize",
          .family = "degradation",
          .doc = "Rounds samples to the steps of a converter.",
          .inputs = {{"image", PortType::image, "What to round."}},
          .outputs = {{"image", PortType::image, "The rounded image, on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, QuantizeSamples, Params>},
          .flops_per_sample = 4,
          .on_device = true};
}

}  // namespace nadir
