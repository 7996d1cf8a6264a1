// Interpolation by a shift that all pixels share, on the CPU.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/alignment/alignment_kernels.h"

namespace nadir {

/// What the functor gives, bit for bit, whose weights must be the same for all pixels (`phases` 0 on both axes, no
/// bend). Runs of pixels around which all samples are valid are sums of shifted rows.
void shift_cpu(const Exec& exec, const Interpolate& functor);

}  // namespace nadir
