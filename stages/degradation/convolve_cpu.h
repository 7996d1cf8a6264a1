// Convolution on the CPU.
#pragma once

#include "stages/degradation/convolve_ops.h"

namespace nadir {

/// convolve() of convolve_ops.h, bit for bit what its functor gives.
void convolve_cpu(const Exec& exec, ConstTileView in, TileView out, const Spread& spread);

/// The sum of all weights, in the order of the taps.
float full_weight(const Spread& spread);

}  // namespace nadir
