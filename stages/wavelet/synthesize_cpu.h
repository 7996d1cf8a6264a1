// The way back on the CPU, with the bits of the functors in wavelet_kernels.h.
#pragma once

#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

/// One level: `out`, in pixels of level - 1, from the approximations of `level` and its details in `packed`, which must
/// hold all coefficients that reach `out`.
void synthesize_level_cpu(const Exec& exec, ConstTileView approximations, ConstTileView packed, TileView out,
                          const Bank& bank, int level);

/// MaskSynthesis of wavelet_kernels.h.
void mask_synthesis_cpu(const Exec& exec, ConstTileView packed, ConstTileView like, TileView fine,
                        const SubbandLayout& layout);

}  // namespace nadir
