// Speed of the kernels whose threads work in blocks: super-resolution and classifiers.
#pragma once

#include "pipeline/backend/exec.h"

namespace nadir {

/// Prints a line a kernel, for images of `size` x `size` (fine) pixels of one band, or eight features.
void bench_block_kernels(Exec& exec, int size, int repeats);

}  // namespace nadir
