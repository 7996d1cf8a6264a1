// The whole observation in one stage: blur, sampling, noise, rounding.
#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  Psf kind = Psf::gaussian;
  double sigma_px = 1.2;
  int radius_px = 0;
  int factor = 2;
  Phase phase = Phase::centre;
  Sampling method = Sampling::decimate;
  double noise_sigma_dn = 0;
  bool quantize = false;
  std::int64_t seed = -1;
};
NADIR_PARAMS(Params, PARAM(kind, "", choices({"gaussian", "box"}), "Shape of the point spread function."),
             PARAM(sigma_px, "px", range(0, 20),
                   "Standard deviation of the point spread function, in input pixels; 0: no blur."),
             PARAM(radius_px, "px", range(0, 63),
                   "Half width at which a Gaussian is cut off, 0: four sigma; or that of the box, 0: the one whose "
                   "standard deviation is nearest to sigma_px."),
             PARAM(factor, "px", range(1, 16), "Input pixels per output pixel and axis."),
             PARAM(phase, "", choices({"centre", "corner"}),
                   "Sample the middle of each block of factor x factor pixels, or its first pixel, as many papers do; "
                   "the georeference follows."),
             PARAM(method, "", choices({"decimate", "area"}),
                   "Keep one sample a block (for an even factor and centre the mean of the middle four), or take the "
                   "block's mean (centre only)."),
             PARAM(noise_sigma_dn, "dn", range(0, 1e6),
                   "Standard deviation of the noise on the output, in units of the samples."),
             PARAM(quantize, "", any(), "Round to whole numbers, half to even, and clamp to the type of the input."),
             PARAM(seed, "", range(-1, 9007199254740992.0), "Start of the random numbers; -1: that of the run."))

// y = Q(D H x + n), the model of Dong, Zhang, Shi, Li (IEEE TIP 2013), section II, with D H as one operator. A pixel is
// valid when at least half of its weight lies on valid samples, and is their weighted mean.
class Degrade final : public TileStage {
 public:
  Degrade(const Params& p, const StageContext& context)
      : info_(*context.images[0]), p_(p), seed_(p.seed < 0 ? context.seed : std::uint64_t(p.seed)) {
    Observation step = observation(psf_taps(p.kind, p.sigma_px, p.radius_px), p.factor, p.phase, p.method);
    step.noise_sigma = p.noise_sigma_dn;
    info_.observation = compose(info_.observation.value_or(Observation{}), step);
    info_.grid = observed_grid(info_.grid, p.factor, p.phase);
    taps_ = axis_taps(step);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return fine_window(taps_, out); }
  std::size_t scratch_bytes(const Window& out) const override {
    return observe_scratch(taps_, out, info_.band_count());
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    observe(exec, in[0], out[0], taps_);
    if (p_.noise_sigma_dn > 0) add_noise(exec, out[0], out[0], float(p_.noise_sigma_dn), seed_);
    if (p_.quantize) quantize(exec, out[0], info_.type);
  }

 private:
  ImageInfo info_;
  Params p_;
  std::uint64_t seed_;
  AxisTaps taps_;
};

}  // namespace

StageInfo degrade_stage() {
  return {.name = "degrade",
          .family = "degradation",
          .doc = "Observes an image as a coarser sensor would: blur, sampling, noise, rounding.",
          .inputs = {{"image", PortType::image, "The scene."}},
          .outputs = {{"image", PortType::image, "What the sensor sees; super_resolve knows how it was made."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Degrade, Params>},
          .flops_per_sample = 40,
          .on_device = true};
}

}  // namespace nadir
