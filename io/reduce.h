// Halving of a block of encoded samples, for the reduced images of a file.
#pragma once

#include <cstddef>

#include "io/encode.h"

namespace nadir {

enum class Reduction { average, most_frequent };

/// Every output sample stands for the up to 2 x 2 input samples below it that are valid (not the nodata value): their
/// average, rounded half up for integers, or the most frequent one, of several the first in reading order. None valid
/// gives the nodata value. `in` is `width` x `height` samples with `in_stride` from row to row; `out` takes half as
/// many, rounded up.
void reduce_block(const Encoding& encoding, Reduction reduction, const std::byte* in, int width, int height,
                  int in_stride, std::byte* out, int out_stride);

}  // namespace nadir
