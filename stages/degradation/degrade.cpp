// The whole observation in one stage: blur, sampling, noise, rounding.
#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "stages/degradation/noise_seed.h"
#include "stages/degradation/psf.h"
#include "stages/degradation/sensors.h"

namespace nadir {
namespace {

enum class Preset { none, sentinel2, landsat8, landsat9, pleiades, worldview3, planetscope };

struct Params {
  Preset sensor = Preset::none;
  Psf kind = Psf::gaussian;
  double sigma_px = 1.2;
  int radius_px = 0;
  double mtf = 0.25;
  double length_px = 5;
  double angle_deg = 0;
  std::string psf_path;
  int factor = 2;
  Phase phase = Phase::centre;
  Sampling method = Sampling::decimate;
  double noise_sigma_dn = 0;
  double gain_dn = 0;
  double signal_dn = 0;
  bool quantize = false;
  std::int64_t seed = -1;
};
NADIR_PARAMS(Params,
             PARAM(sensor, "",
                   choices({"none", "sentinel2", "landsat8", "landsat9", "pleiades", "worldview3", "planetscope"}),
                   "Take the point spread function from the modulation transfer of this sensor at its own Nyquist "
                   "frequency (kind: mtf), and its signal to noise ratio where signal_dn is given."),
             NADIR_PSF_PARAMS, PARAM(factor, "px", range(1, 16), "Input pixels per output pixel and axis."),
             PARAM(phase, "", choices({"centre", "corner"}),
                   "Sample the middle of each block of factor x factor pixels, or its first pixel, as many papers do; "
                   "the georeference follows."),
             PARAM(method, "", choices({"decimate", "area", "bicubic"}),
                   "Keep one sample a block (for an even factor and centre the mean of the middle four), or take the "
                   "block's mean, or the antialiased bicubic of papers (both centre only)."),
             PARAM(noise_sigma_dn, "dn", range(0, 1e6),
                   "Standard deviation of the noise on the output, in units of the samples."),
             PARAM(gain_dn, "dn", range(0, 1e6),
                   "Shot noise: units of the samples per electron; variance gain_dn x + noise_sigma_dn^2. 0: none."),
             PARAM(signal_dn, "dn", range(0, 1e6),
                   "With a sensor, of whatever kind: the sample at which it has its signal to noise ratio, which then "
                   "sets the noise. 0: the sensor adds none."),
             PARAM(quantize, "", any(), "Round to whole numbers, half to even, and clamp to the type of the input."),
             PARAM(seed, "", range(-1, 9007199254740992.0),
                   "Start of the random numbers; -1: that of the run and the node's name."))

// y = Q(D H x + n), the model of Dong, Zhang, Shi, Li (IEEE TIP 2013), section II, with D H as one operator. A pixel is
// valid when at least half of its weight lies on valid samples, and is their weighted mean.
class Degrade final : public TileStage {
 public:
  Degrade(const Params& given, const StageContext& context) : info_(*context.images[0]) {
    const Params p = with_sensor(given);
    psf_ = point_spread(psf_spec(p, p.factor));
    Observation step = observation(psf_.described(), p.factor, p.phase, p.method);
    step.noise_sigma = p.noise_sigma_dn;
    info_.observation = compose(info_.observation.value_or(Observation{}), step);
    info_.grid = observed_grid(info_.grid, p.factor, p.phase);
    taps_ = axis_taps(psf_.spread ? sampling(p.factor, p.phase, p.method) : step);
    noise_.kind = p.gain_dn > 0 ? NoiseKind::poisson_gaussian : NoiseKind::gaussian;
    noise_.sigma = float(p.noise_sigma_dn);
    noise_.gain = float(p.gain_dn);
    noise_.seed = noise_seed(p.seed, context);
    quantize_ = p.quantize;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    const Window fine = fine_window(taps_, out);
    return psf_.spread ? psf_.spread->needs(fine) : fine;
  }
  std::size_t scratch_bytes(const Window& out) const override {
    const std::size_t blurred = psf_.spread ? Tile::bytes(fine_window(taps_, out), info_.band_count()) : 0;
    return blurred + observe_scratch(taps_, out, info_.band_count());
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    if (psf_.spread) {
      const ScratchTile blurred(exec, fine_window(taps_, out[0].window), in[0].bands);
      convolve(exec, in[0], blurred.view(), *psf_.spread);
      observe(exec, blurred.view(), out[0], taps_);
    } else {
      observe(exec, in[0], out[0], taps_);
    }
    if (noise_.sigma > 0 || noise_.gain > 0) add_noise(exec, out[0], out[0], noise_);
    if (quantize_) quantize(exec, out[0], info_.type);
  }

 private:
  static Params with_sensor(Params p) {
    if (p.sensor == Preset::none) {
      if (p.signal_dn > 0)
        throw Error(Fault::config,
                    "degrade: signal_dn is the sample at which a sensor has its signal to noise ratio; name a sensor, "
                    "or give the noise as noise_sigma_dn");
      return p;
    }
    const Sensor& sensor = sensors().at(std::size_t(p.sensor) - 1);
    p.kind = Psf::mtf;
    p.mtf = sensor.mtf;
    if (p.signal_dn > 0) p.noise_sigma_dn = p.signal_dn / sensor.snr;
    return p;
  }

  ImageInfo info_;
  PointSpread psf_;
  AxisTaps taps_;
  NoiseSpec noise_;
  bool quantize_ = false;
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
