// Noise removal by shrinkage of subbands.
#include <algorithm>

#include "pipeline/core/error.h"
#include "stages/wavelet/shrink_ops.h"
#include "stages/wavelet/wavelet.h"

namespace nadir {
namespace {

struct Params {
  FilterName filter = FilterName::sym8;
  int levels = 3;
  Shrinkage method = Shrinkage::bayes;
  double threshold = 3;
  double noise_dn = -1;
  double strength = 1;
};
NADIR_PARAMS(Params, PARAM(filter, "", choices(filter_names()), "Filter bank, as of qmf_decompose."),
             PARAM(levels, "", range(1, kMaxLevels), "How deep noise is looked for; blocks of 2^levels pixels."),
             PARAM(method, "", choices({"soft", "hard", "bayes_shrink", "sure_shrink"}),
                   "One threshold; or one about each coefficient from the energy around it; or one a block of 128 "
                   "pixels by Stein's estimate of the risk."),
             PARAM(threshold, "", range(0, 20), "Of soft and hard, in standard deviations of the noise."),
             PARAM(noise_dn, "dn", range(-1, 1e6),
                   "Standard deviation of the noise; negative: that of each band, as estimated."),
             PARAM(strength, "", range(0, 10), "Factor on the noise, for less or more of the effect."))

// x' = S(shrink(A x)) with A and S of wavelet_ops.h. Validity does not change, holes do not bleed (see qmf_decompose).
class Denoise final : public TileStage {
 public:
  Denoise(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    bank_.filter = filter_of(p.filter);
    bank_.layout = {p.levels, margin_of(bank_.filter, p.levels), info_.band_count(), info_.grid.size()};
    shrink_ = {p.method, float(p.threshold), noise_of(context, p, std::size_t(info_.band_count()))};
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    return input == 0 ? analysis_window(bank_, looked_at(out)) : Window{};
  }
  int alignment() const override { return shrink_.method == Shrinkage::sure ? 128 : 1 << bank_.layout.levels; }
  std::size_t scratch_bytes(const Window& out) const override {
    const int bands = bank_.layout.source_bands * bank_.layout.bands_per_source_band();
    const Window packed = looked_at(out);
    return 2 * Tile::bytes(packed, bands) + analysis_scratch(bank_, packed) + synthesis_scratch(bank_, out);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    const int bands = bank_.layout.source_bands * bank_.layout.bands_per_source_band();
    const ScratchTile packed(exec, looked_at(out[0].window), bands);
    const ScratchTile shrunk(exec, synthesis_window(bank_, out[0].window), bands);
    analyze(exec, in[0], packed.view(), bank_);
    shrink(exec, packed.view(), shrunk.view(), bank_, shrink_);
    synthesize(exec, {shrunk.view(), in[0]}, out[0], bank_);
  }

 private:
  Window looked_at(const Window& out) const { return shrink_window(bank_, shrink_, synthesis_window(bank_, out)); }

  static std::vector<float> noise_of(const StageContext& context, const Params& p, std::size_t bands) {
    std::vector<float> sigma(bands, float(std::max(0.0, p.noise_dn) * p.strength));
    const auto* record = context.values.size() > 1 ? std::get_if<Record>(&context.values[1]) : nullptr;
    if (!record || p.noise_dn >= 0) return sigma;  // while planning nothing is estimated yet
    const Scalar* field = record->find("sigma");
    const auto* found = field ? std::get_if<std::vector<double>>(field) : nullptr;
    if (!found || found->size() != bands)
      throw Error(Fault::config, "'statistics' tells the noise (sigma) of " +
                                     std::to_string(found ? found->size() : 0) + " bands, the image has " +
                                     std::to_string(bands) +
                                     "; wire it to estimate_noise of the same image, or set noise_dn");
    for (std::size_t b = 0; b < bands; ++b) sigma[b] = float((*found)[b] * p.strength);
    return sigma;
  }

  ImageInfo info_;
  Bank bank_;
  ShrinkSpec shrink_;
};

}  // namespace

StageInfo qmf_denoise_stage() {
  return {.name = "qmf_denoise",
          .family = "wavelet",
          .doc = "Removes white noise by shrinking the subbands of a filter bank.",
          .inputs = {{"image", PortType::image, "The noisy image."},
                     {"statistics", PortType::statistics, "Noise of each band.", true, "estimate_noise"}},
          .outputs = {{"image", PortType::image, "The image with less noise, on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, Denoise, Params>},
          .flops_per_sample = 200,
          .on_device = true};
}

}  // namespace nadir
