// Which blocks of a scene estimates look at.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/window.h"

namespace nadir {

/// The blocks of edge x edge pixels of a scene, the last ones smaller, row by row; of more than `most` a random choice,
/// the same for a seed.
std::vector<Window> sampled_blocks(Size scene, int edge, std::size_t most, std::uint64_t seed);

}  // namespace nadir
