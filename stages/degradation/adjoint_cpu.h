// The adjoint of the observation operator on the CPU, at the speed of its memory.
#pragma once

#include "stages/degradation/degradation_ops.h"

namespace nadir {

/// observe_adjoint() of degradation_ops.h, bit for bit what its functors give, in strips whose rows stay in the cache.
void observe_adjoint_cpu(const Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                         Size coarse_size);

}  // namespace nadir
