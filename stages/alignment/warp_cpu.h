// Interpolation on the CPU where no hole is near.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/alignment/alignment_kernels.h"

namespace nadir {

/// What the functor gives over its output's window, bit for bit. Runs of pixels around which all samples are valid are
/// computed side by side: for a shift that all pixels share as sums of shifted rows, else with weights that bands
/// share.
void warp_cpu(const Exec& exec, const Interpolate& functor);

}  // namespace nadir
