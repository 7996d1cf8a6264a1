// Analysis on the CPU, at the speed of its memory.
#pragma once

#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

/// analyze() of wavelet_ops.h, bit for bit what its functors give: all levels in one pass over the rows of the scene,
/// with as many rows of each level held as its filters are long.
void analyze_cpu(const Exec& exec, ConstTileView fine, TileView packed, const Bank& bank);

}  // namespace nadir
