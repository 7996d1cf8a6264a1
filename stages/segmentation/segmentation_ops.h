// Arithmetic of the segmentation family on subbands: what surrounds a pixel, and how rough it is.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/wavelet/subbands.h"

namespace nadir {

/// Coefficients a side of a level over the scene: ceil(size / 2^level).
Size level_size(const SubbandLayout& layout, int level);

/// The level's coefficients whose blocks of 2^level x 2^level pixels touch the window.
Window level_window(const Window& pixels, int level);

/// The coarse pixels of the packed image that hold every coefficient of `radius` around those that the window touches,
/// at any level; never beyond the scene.
Window subband_window(const SubbandLayout& layout, const Window& pixels, int radius);

/// out(b, cx, cy) = root of the mean of squared lh, hl and hh coefficients of source band b over the valid ones among
/// the (2 radius + 1)^2 around (cx, cy) that lie over the scene; 0 where there is none. `out` stands on the level's own
/// pixels.
void texture_energy(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int level, int radius);

/// out(b, cx, cy) = ll coefficient of the coarsest level; where it is invalid the mean of the nearest valid ones, at
/// most `radius` away; 0 where there is none.
void local_mean(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int radius);

}  // namespace nadir
