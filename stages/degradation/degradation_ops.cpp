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

}  // namespace

AxisTaps axis_taps(const Observation& observation) {
  AxisTaps taps;
  taps.factor = observation.factor;
  taps.first = observation.first;
  taps.count = std::min(int(observation.taps.size()), kMaxTaps);
  std::copy_n(observation.taps.begin(), taps.count, taps.weight);
  return taps;
}

Window fine_window(const AxisTaps& taps, const Window& coarse) {
  if (coarse.empty()) return {};
  const int f = taps.factor;
  return from_edges(f * coarse.x + taps.first, f * coarse.y + taps.first,
                    f * (coarse.right() - 1) + taps.first + taps.count,
                    f * (coarse.bottom() - 1) + taps.first + taps.count);
}

void observe(Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps) {
  const Window need = fine_window(taps, coarse.window);
  const Window rows{coarse.window.x, need.y, coarse.window.width, need.height};
  const ScratchTile sums(exec, rows, fine.bands);
  const ScratchTile weights(exec, rows, 1);
  for_each(exec, fine.bands, rows, ObserveRows{fine, sums.view(), weights.view(), taps}, "observe_rows");
  for_each(exec, fine.bands, coarse.window,
           ObserveColumns{sums.view(), weights.view(), coarse, taps, full_weight(taps)}, "observe_columns");
}

}  // namespace nadir
