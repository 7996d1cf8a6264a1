// Sensor noise.
#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"
#include "stages/degradation/noise_seed.h"

namespace nadir {
namespace {

struct Params {
  NoiseKind kind = NoiseKind::gaussian;
  double sigma_dn = 1;
  double gain_dn = 1;
  double fraction = 0.01;
  bool columns = true;
  std::int64_t seed = -1;
};
NADIR_PARAMS(
    Params,
    PARAM(kind, "", choices({"gaussian", "poisson_gaussian", "stripe", "salt_and_pepper"}),
          "White noise; shot noise and readout; an offset a detector; samples lost to the ends of the type."),
    PARAM(sigma_dn, "dn", range(0, 1e6),
          "Standard deviation of white noise, readout or stripes, in units of the samples."),
    PARAM(gain_dn, "dn", range(1e-6, 1e6),
          "Units of the samples per electron, of poisson_gaussian: the variance is gain_dn x + sigma_dn^2."),
    PARAM(fraction, "", range(0, 1), "Part of the samples that salt_and_pepper takes."),
    PARAM(columns, "", any(), "Stripes are columns, as push-broom sensors leave them; else rows."),
    PARAM(seed, "", range(-1, 9007199254740992.0),
          "Start of the random numbers; -1: that of the run and the node's name. Equal seeds give equal noise, "
          "whose deviations add up instead of their squares."))

// gaussian: y = x + sigma n; poisson_gaussian: y = gain k + sigma n, k Poisson of mean x / gain (Foi, Trimeche,
// Katkovnik, Egiazarian, IEEE TIP 17, 2008); stripe: y = x + sigma n(column); salt_and_pepper: y = low or high. All are
// functions of seed, band and pixel. Validity does not change; invalid samples get no noise.
class Noise final : public TileStage {
 public:
  Noise(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    noise_.kind = p.kind;
    noise_.sigma = float(p.sigma_dn);
    noise_.gain = float(p.gain_dn);
    noise_.fraction = float(p.fraction);
    noise_.along_y = p.columns;
    noise_.seed = noise_seed(p.seed, context);
    const auto [low, high] = is_integer(info_.type) ? limits_of(info_.type) : std::pair{0.0, 1.0};
    noise_.low = float(low);
    noise_.high = float(high);
    if (p.kind != NoiseKind::gaussian && p.kind != NoiseKind::poisson_gaussian) return;
    Observation observed = info_.observation.value_or(Observation{});
    observed.noise_sigma = std::hypot(observed.noise_sigma, p.sigma_dn);
    info_.observation = observed;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override { add_noise(exec, in[0], out[0], noise_); }

 private:
  ImageInfo info_;
  NoiseSpec noise_;
};

}  // namespace

StageInfo noise_stage() {
  return {.name = "noise",
          .family = "degradation",
          .doc = "Adds sensor noise, the same for any tiling, thread count and device.",
          .inputs = {{"image", PortType::image, "What to disturb."}},
          .outputs = {{"image", PortType::image, "The noisy image, on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Noise, Params>},
          .flops_per_sample = 20,
          .on_device = true};
}

}  // namespace nadir
