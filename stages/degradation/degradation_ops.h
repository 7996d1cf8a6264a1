// Arithmetic of the degradation family: the separable observation operator y = A x and its exact adjoint.
#pragma once

#include "pipeline/backend/exec.h"
#include "pipeline/core/image.h"

namespace nadir {

constexpr int kMaxTaps = 127;

/// One axis of a separable operator from a fine to a coarse grid: coarse[i] = sum_j weight[j] fine[factor i + first + j].
/// A plain value, so that kernels take it as an argument.
struct AxisTaps {
  int factor = 1;
  int first = 0;
  int count = 1;
  float weight[kMaxTaps] = {1.0f};
};

AxisTaps axis_taps(const Observation& observation);

/// The fine window that a coarse window is computed from; it may reach beyond the image.
Window fine_window(const AxisTaps& taps, const Window& coarse);

/// coarse = A fine, the same taps in x and y. `fine` must hold fine_window(coarse). Normalised by the mask: where some
/// samples under the taps are invalid, the sum over the valid ones is divided by the sum of their weights; a coarse
/// sample is valid when at least half of the weight lies on valid samples, else it is 0.
void observe(Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps);

/// fine = A' coarse, the exact adjoint of: mirror at the edges of an image of `fine_size`, then observe into
/// `coarse_size` (all samples valid). `coarse` must hold every coarse sample that touches the window of `fine`.
void observe_adjoint(Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                     Size coarse_size);

}  // namespace nadir
