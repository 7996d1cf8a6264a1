// Decomposition into subbands.
#include "pipeline/core/error.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {
namespace {

enum class Transform { decimated, stationary };

struct Params {
  FilterName filter = FilterName::haar;
  int levels = 3;
  Border border = Border::symmetric;
  Transform transform = Transform::decimated;
};
NADIR_PARAMS(Params,
             PARAM(filter, "", choices(filter_names()),
                   "Filter bank: Haar (orthonormal, or as means and half differences), Daubechies, symlets, coiflets, "
                   "Cohen-Daubechies-Feauveau 5/3 and 9/7, Johnston's quadrature mirror filters (nearly perfect)."),
             PARAM(levels, "", range(1, kMaxLevels),
                   "How often the approximation is split; blocks of 2^levels pixels. For more, decompose the "
                   "approximation (qmf_subband, subband: ll) again."),
             PARAM(border, "", choices({"symmetric", "periodic", "reflect", "zero"}),
                   "What lies beyond the scene: … 1 0 | 0 1 …, … n-2 n-1 | 0 1 … (tiles at the edge then read whole "
                   "rows or columns), … 2 1 | 0 1 2 …, or zeros."),
             PARAM(transform, "", choices({"decimated", "stationary"}),
                   "Every 2^level-th coefficient, as many as samples; or all of them, in subbands of the scene's own "
                   "pixel size, which do not change when the scene is shifted."))

constexpr int kMaxBands = 65535;  // of a TIFF file

SubbandLayout layout_of(const Params& p, const ImageInfo& source) {
  SubbandLayout layout{p.levels, margin_of(filter_of(p.filter), p.levels), source.band_count(), source.grid.size()};
  if (layout.source_bands * layout.bands_per_source_band() > kMaxBands)
    throw Error(Fault::config, std::to_string(layout.source_bands) + " bands at " + std::to_string(p.levels) +
                                   " levels give more than " + std::to_string(kMaxBands) +
                                   " subbands; use fewer levels or bands");
  return layout;
}

// The decimated two-dimensional transform of the extended scene (Mallat 1989; Daubechies, Ten Lectures on Wavelets,
// 5.6), formulas in wavelet_ops.h. Invalid samples are replaced by the mean of their block's valid ones, so that holes
// make no false edges; a coefficient pixel is valid when its block has a valid sample. 2 (4/3) taps multiply-adds a
// sample.
class Decompose final : public TileStage {
 public:
  Decompose(const Params& p, const StageContext& context)
      : bank_{filter_of(p.filter), layout_of(p, *context.images[0]), p.border},
        info_(subband_info(*context.images[0], bank_.layout, name_of(p.filter),
                           approximation_delay(bank_.filter, p.levels))) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return analysis_window(bank_, out); }
  std::size_t scratch_bytes(const Window& out) const override { return analysis_scratch(bank_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override { analyze(exec, in[0], out[0], bank_); }

 private:
  Bank bank_;
  ImageInfo info_;
};

// The undecimated transform, formulas in stationary_ops.h. Masks: those of the scene. 8 taps multiply-adds a sample and
// level.
class DecomposeStationary final : public TileStage {
 public:
  DecomposeStationary(const Params& p, const StageContext& context) {
    const ImageInfo& source = *context.images[0];
    const Filter filter = filter_of(p.filter);
    bank_ = {
        filter, {p.levels, stationary_margin(filter, p.levels), source.band_count(), source.grid.size()}, p.border};
    // Coefficient k of the decimated transform stands at sample 2^levels k, its block's first.
    const double delay = approximation_delay(filter, p.levels) + 0.5 * (1 << p.levels) - 0.5;
    info_ = subband_info(source, bank_.layout, name_of(p.filter), delay);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    return stationary_analysis_window(bank_, out);
  }
  std::size_t scratch_bytes(const Window& out) const override { return stationary_analysis_scratch(bank_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override { stationary_analyze(exec, in[0], out[0], bank_); }

 private:
  StationaryBank bank_;
  ImageInfo info_;
};

std::unique_ptr<TileStage> make_decompose(const StageContext& context) {
  const auto p = context.read<Params>();
  if (p.transform == Transform::stationary) return std::make_unique<DecomposeStationary>(p, context);
  return std::make_unique<Decompose>(p, context);
}

}  // namespace

StageInfo qmf_decompose_stage() {
  return {.name = "qmf_decompose",
          .family = "wavelet",
          .doc = "Splits an image into subbands with a two-channel quadrature mirror filter bank.",
          .inputs = {{"image", PortType::image, "What to split."}},
          .outputs = {{"subbands", PortType::image,
                       "All subbands as bands of one image; decimated: a pixel a block of 2^levels."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_decompose},
          .flops_per_sample = 30,
          .on_device = true};
}

}  // namespace nadir
