// Additive sensor noise.
#include <cmath>

#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  double sigma_dn = 1;
  std::int64_t seed = -1;
};
NADIR_PARAMS(Params, PARAM(sigma_dn, "dn", range(0, 1e6), "Standard deviation, in units of the samples."),
             PARAM(seed, "", range(-1, 9007199254740992.0),
                   "Start of the random numbers; -1: that of the run. Equal seeds give equal noise."))

// y = x + sigma n(seed, band, pixel), n white and normal. Validity does not change; invalid samples get no noise.
class Noise final : public TileStage {
 public:
  Noise(const Params& p, const StageContext& context)
      : info_(*context.images[0]), sigma_(float(p.sigma_dn)), seed_(p.seed < 0 ? context.seed : std::uint64_t(p.seed)) {
    Observation observed = info_.observation.value_or(Observation{});
    observed.noise_sigma = std::hypot(observed.noise_sigma, p.sigma_dn);
    info_.observation = observed;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override { add_noise(exec, in[0], out[0], sigma_, seed_); }

 private:
  ImageInfo info_;
  float sigma_;
  std::uint64_t seed_;
};

}  // namespace

StageInfo noise_stage() {
  return {.name = "noise",
          .family = "degradation",
          .doc = "Adds white Gaussian noise, the same for any tiling, thread count and device.",
          .inputs = {{"image", PortType::image, "What to disturb."}},
          .outputs = {{"image", PortType::image, "The noisy image, on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Noise, Params>},
          .flops_per_sample = 20,
          .on_device = true};
}

}  // namespace nadir
