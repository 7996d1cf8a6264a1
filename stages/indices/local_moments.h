// Means and standard deviations of squares about each pixel.
#pragma once

#include "pipeline/backend/exec.h"
#include "pipeline/core/view.h"

namespace nadir {

/// Over the valid pixels of the square of side 2 radius + 1 about each valid pixel of `mean` and `deviation` (either
/// may be absent: without samples), whose windows are the same; `in` must hold the squares. Invalid pixels get 0. Sums
/// in double of samples and of their squares, always in the same order: 2 (2 radius + 1) additions a sample for each.
void local_moments(const Exec& exec, ConstTileView in, int band, int radius, View mean, View deviation);

}  // namespace nadir
