// Launches of the degradation family; compiled as C++ or as CUDA.
#include "stages/degradation/degradation_ops.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/backend/launch.h"
#include "stages/degradation/adjoint_cpu.h"
#include "stages/degradation/degradation_kernels.h"
#include "stages/degradation/observe_cpu.h"

namespace nadir {
namespace {

struct Span {
  int first;  // both ends included
  int last;
};

// Coarse samples that touch fine positions [a, b] of a mirrored signal of n samples.
Span touching(const AxisTaps& taps, int a, int b, int n, int coarse_size) {
  Span all{coarse_size, -1};
  const int high = taps.factor * (coarse_size - 1) + taps.first + taps.count - 1;
  for (const Span image : {Span{a, b}, Span{2 * n - 1 - b, 2 * n - 1 - a}})
    for (int k = floor_div(taps.first - image.last, 2 * n); image.first + 2 * n * k <= high; ++k) {
      const int begin = ceil_div(image.first + 2 * n * k - taps.first - taps.count + 1, taps.factor);
      const int end = floor_div(image.last + 2 * n * k - taps.first, taps.factor);
      if (begin > end || end < 0 || begin >= coarse_size) continue;
      all = {std::min(all.first, std::max(begin, 0)), std::max(all.last, std::min(end, coarse_size - 1))};
    }
  return all;
}

// Quantile of the standard normal distribution for p <= 1/2, by Newton's method from the left, where it cannot
// overshoot.
double normal_quantile(double p) {
  double z = 0;
  for (int i = 0; i < 60; ++i) {
    const double density = std::exp(-0.5 * z * z) * 0.3989422804014327;
    z += (p - 0.5 * std::erfc(-z * 0.7071067811865476)) / density;
  }
  return z;
}

// Quantiles in the middle of 2^kNormalBits equal steps of probability, antisymmetric, scaled to variance 1/2 exactly.
std::vector<float> make_normal_table() {
  const std::size_t n = std::size_t{1} << kNormalBits;
  std::vector<double> lower;
  double square = 0;
  for (std::size_t k = 0; k < n / 2; ++k) {
    lower.push_back(normal_quantile((double(k) + 0.5) / double(n)));
    square += 2 * lower.back() * lower.back() / double(n);
  }
  std::vector<float> table(n);
  for (std::size_t k = 0; k < n / 2; ++k) {
    table[k] = float(lower[k] * std::sqrt(0.5 / square));
    table[n - 1 - k] = -table[k];
  }
  return table;
}

std::vector<float> make_exponentials() {
  std::vector<float> table;
  for (int i = 0; i <= kFewElectrons; ++i) table.push_back(float(std::exp(-double(i))));
  for (int i = 0; i < kPartsOfElectron; ++i) table.push_back(float(std::exp(-double(i) / kPartsOfElectron)));
  return table;
}

}  // namespace

Window fine_window(const AxisTaps& taps, const Window& coarse) {
  if (coarse.empty()) return {};
  const int f = taps.factor;
  return from_edges(f * coarse.x + taps.first, f * coarse.y + taps.first,
                    f * (coarse.right() - 1) + taps.first + taps.count,
                    f * (coarse.bottom() - 1) + taps.first + taps.count);
}

void observe(Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule) {
  if (!exec.on_device()) {
    observe_cpu(exec, fine, coarse, taps, rule);
    return;
  }
  const Window need = fine_window(taps, coarse.window);
  const Window rows{coarse.window.x, need.y, coarse.window.width, need.height};
  const ScratchTile sums(exec, rows, fine.bands);
  const ScratchTile weights(exec, rows, 1);
  for_each(exec, fine.bands, rows, ObserveRows{fine, sums.view(), weights.view(), taps}, "observe_rows");
  for_each(exec, fine.bands, coarse.window,
           ObserveColumns{fine, sums.view(), weights.view(), coarse, taps, full_weight(taps), rule}, "observe_columns");
}

std::size_t observe_scratch(const AxisTaps& taps, const Window& coarse, int bands) {
  const Window rows{coarse.x, 0, coarse.width, fine_window(taps, coarse).height};
  return Tile::bytes(rows, bands) + Tile::bytes(rows, 1);
}

Window touching_window(const AxisTaps& taps, const Window& fine, Size fine_size, Size coarse_size) {
  if (fine.empty()) return {};
  const Span h = touching(taps, fine.x, fine.right() - 1, fine_size.width, coarse_size.width);
  const Span v = touching(taps, fine.y, fine.bottom() - 1, fine_size.height, coarse_size.height);
  return from_edges(h.first, v.first, h.last + 1, v.last + 1);
}

void observe_adjoint(Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                     Size coarse_size) {
  if (!exec.on_device()) {
    observe_adjoint_cpu(exec, coarse, fine, taps, fine_size, coarse_size);
    return;
  }
  const Window touched = touching_window(taps, fine.window, fine_size, coarse_size);
  const ScratchTile rows(exec, {fine.window.x, touched.y, fine.window.width, touched.height}, fine.bands);
  for_each(exec, fine.bands, rows.view().window,
           AdjointRows{coarse, rows.view(), {taps, fine_size.width, coarse_size.width}}, "adjoint_rows");
  for_each(exec, fine.bands, fine.window,
           AdjointColumns{rows.view(), fine, {taps, fine_size.height, coarse_size.height}}, "adjoint_columns");
}

void add_noise(Exec& exec, ConstTileView in, TileView out, const NoiseSpec& noise) {
  static const std::vector<float> normal = make_normal_table();
  static const std::vector<float> exponentials = make_exponentials();
  const PixelRandom random{exec.table(normal), noise.seed};
  switch (noise.kind) {
    case NoiseKind::gaussian:
      for_each(exec, in.bands, out.window, AddNoise{in, out, random, noise.sigma}, "add_noise");
      break;
    case NoiseKind::poisson_gaussian:
      for_each(exec, in.bands, out.window,
               AddPoissonNoise{in, out, random, exec.table(exponentials), noise.sigma, noise.gain},
               "add_poisson_noise");
      break;
    case NoiseKind::stripe:
      for_each(exec, in.bands, out.window, AddStripes{in, out, random, noise.sigma, noise.along_y}, "add_stripes");
      break;
    case NoiseKind::salt_and_pepper:
      for_each(exec, in.bands, out.window, SaltAndPepper{in, out, random, noise.fraction, noise.low, noise.high},
               "salt_and_pepper");
      break;
  }
}

void quantize(Exec& exec, ConstTileView in, TileView out, float step, float low, float high) {
  for_each(exec, in.bands, out.window, Quantize{in, out, step, low, high}, "quantize");
}

void quantize(Exec& exec, TileView image, SampleType type) {
  const auto [low, high] = limits_of(type);
  quantize(exec, image, image, 1, float(low), float(high));
}

void luma(Exec& exec, ConstTileView rgb, TileView out, bool round) {
  for_each(exec, 1, out.window, Luma{rgb, out, round}, "luma");
}

}  // namespace nadir
