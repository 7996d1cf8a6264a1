// Launches of shrinkage; compiled as C++ or as CUDA.
#include "stages/wavelet/shrink_ops.h"

#include <cmath>

#include "pipeline/backend/launch.h"
#include "stages/wavelet/shrink_kernels.h"

namespace nadir {
namespace {

double norm(const AnalysisChannel& c) {
  double sum = 0;
  for (int j = 0; j < c.length; ++j) sum += double(c.taps[j]) * double(c.taps[j]);
  return std::sqrt(sum);
}

// What white noise of deviation 1 becomes in a subband; exactly 1 for orthonormal banks.
double noise_gain(const Filter& f, int level, Orientation o) {
  const double low = norm(f.low), high = norm(f.high);
  return std::pow(low, 2 * (level - 1)) * (o == Orientation::hh ? high * high : low * high);
}

// Packed pixels of a window in blocks of kSureBlock, outward.
Window in_sure_blocks(const Bank& bank, const Window& packed) {
  const Window w = translate(packed, -bank.layout.margin, -bank.layout.margin);
  const int side = kSureBlock >> bank.layout.levels;
  return from_edges(floor_div(w.x, side), floor_div(w.y, side), ceil_div(w.right(), side), ceil_div(w.bottom(), side));
}

void shrink_by_bayes(Exec& exec, const Subband& band, const Window& w, const StoreCoefficient& store) {
  const ScratchTile coefficients(exec, grow(w, kBayesReach), 1);
  const ScratchTile energies(exec, {w.x, w.y - kBayesReach, w.width, w.height + 2 * kBayesReach}, 1);
  const View d = coefficients.view().band(0), e = energies.view().band(0);
  for_each(exec, 1, d.window, GatherCoefficients{band, d}, "gather_coefficients");
  for_each(exec, 1, e.window, SumRowEnergy{d, e}, "sum_row_energy");
  for_each(exec, 1, w, ShrinkByBayes{band, d, e, store}, "shrink_by_bayes");
}

void shrink_subband(Exec& exec, const Subband& band, const Window& packed, TileView out, const ShrinkSpec& spec,
                    const Bank& bank) {
  const int side = 1 << (band.layout.levels - band.level);
  const Window blocks = translate(packed, -band.layout.margin, -band.layout.margin);
  const Window w{blocks.x * side, blocks.y * side, blocks.width * side, blocks.height * side};
  const StoreCoefficient store{out};
  if (spec.method == Shrinkage::bayes) {
    shrink_by_bayes(exec, band, w, store);
  } else if (spec.method == Shrinkage::sure) {
    const ScratchTile thresholds(exec, in_sure_blocks(bank, packed), 1);
    for_each(exec, 1, thresholds.view().window, FindSureThreshold{band, thresholds.view().band(0)}, "sure_threshold");
    for_each(exec, 1, w, ShrinkBySure{band, store, thresholds.view().band(0)}, "shrink_by_sure");
  } else {
    const bool hard = spec.method == Shrinkage::hard;
    for_each(exec, 1, w, ShrinkByThreshold{band, store, spec.threshold * band.sigma, hard}, "shrink_by_threshold");
  }
}

}  // namespace

Window shrink_window(const Bank& bank, const ShrinkSpec& spec, const Window& packed) {
  if (packed.empty()) return {};
  if (spec.method == Shrinkage::bayes) return grow(packed, kBayesReach);  // of the coarsest level; less of the others
  if (spec.method != Shrinkage::sure) return packed;
  const int side = kSureBlock >> bank.layout.levels;
  const Window blocks = in_sure_blocks(bank, packed);
  return translate({blocks.x * side, blocks.y * side, blocks.width * side, blocks.height * side}, bank.layout.margin,
                   bank.layout.margin);
}

void shrink(Exec& exec, ConstTileView in, TileView out, const Bank& bank, const ShrinkSpec& spec) {
  const SubbandLayout& layout = bank.layout;
  for_each(exec, layout.source_bands, out.window, CopyApproximation{in, out, layout}, "copy_approximation");
  for (int b = 0; b < layout.source_bands; ++b)
    for (int level = 1; level <= layout.levels; ++level)
      for (const Orientation o : {Orientation::lh, Orientation::hl, Orientation::hh}) {
        const double sigma = double(spec.sigma[std::size_t(b)]) * noise_gain(bank.filter, level, o);
        shrink_subband(exec, {in, layout, b, level, o, float(sigma)}, out.window, out, spec, bank);
      }
}

}  // namespace nadir
