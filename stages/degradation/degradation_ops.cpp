// Launches of the degradation family; compiled as C++ or as CUDA.
#include "stages/degradation/degradation_ops.h"

#include <algorithm>

#include "pipeline/backend/launch.h"
#include "stages/degradation/degradation_kernels.h"

namespace nadir {
namespace {

// The weight that a fully valid neighbourhood gets, with the order of additions of the kernels.
float full_weight(const AxisTaps& taps) {
  float row = 0;
  for (int j = 0; j < taps.count; ++j) row += taps.weight[j];
  float both = 0;
  for (int j = 0; j < taps.count; ++j) both += taps.weight[j] * row;
  return both;
}

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

}  // namespace

Window fine_window(const AxisTaps& taps, const Window& coarse) {
  if (coarse.empty()) return {};
  const int f = taps.factor;
  return from_edges(f * coarse.x + taps.first, f * coarse.y + taps.first,
                    f * (coarse.right() - 1) + taps.first + taps.count,
                    f * (coarse.bottom() - 1) + taps.first + taps.count);
}

void observe(Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule) {
  const Window need = fine_window(taps, coarse.window);
  const Window rows{coarse.window.x, need.y, coarse.window.width, need.height};
  const ScratchTile sums(exec, rows, fine.bands);
  const ScratchTile weights(exec, rows, 1);
  for_each(exec, fine.bands, rows, ObserveRows{fine, sums.view(), weights.view(), taps}, "observe_rows");
  for_each(exec, fine.bands, coarse.window,
           ObserveColumns{fine, sums.view(), weights.view(), coarse, taps, full_weight(taps), rule}, "observe_columns");
}

Window touching_window(const AxisTaps& taps, const Window& fine, Size fine_size, Size coarse_size) {
  if (fine.empty()) return {};
  const Span h = touching(taps, fine.x, fine.right() - 1, fine_size.width, coarse_size.width);
  const Span v = touching(taps, fine.y, fine.bottom() - 1, fine_size.height, coarse_size.height);
  return from_edges(h.first, v.first, h.last + 1, v.last + 1);
}

void observe_adjoint(Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                     Size coarse_size) {
  const Window touched = touching_window(taps, fine.window, fine_size, coarse_size);
  const ScratchTile rows(exec, {fine.window.x, touched.y, fine.window.width, touched.height}, fine.bands);
  for_each(exec, fine.bands, rows.view().window,
           AdjointRows{coarse, rows.view(), {taps, fine_size.width, coarse_size.width}}, "adjoint_rows");
  for_each(exec, fine.bands, fine.window,
           AdjointColumns{rows.view(), fine, {taps, fine_size.height, coarse_size.height}}, "adjoint_columns");
}

}  // namespace nadir
