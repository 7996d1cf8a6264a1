// The observation operator on the CPU, at the speed of its memory.
#pragma once

#include "stages/degradation/degradation_ops.h"

namespace nadir {

/// observe() of degradation_ops.h, bit for bit what its functors give, in strips whose rows stay in the cache. Where a
/// strip is fully valid nothing is spent on masks.
void observe_cpu(const Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule);

/// The weight that a fully valid neighbourhood gets, with the order of additions of the kernels.
float full_weight(const AxisTaps& taps);

}  // namespace nadir
