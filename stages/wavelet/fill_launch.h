// Making a scene whole by the functors, on the device or the CPU; for *_ops.cpp files, which are compiled as either.
#pragma once

#include "pipeline/backend/launch.h"
#include "stages/wavelet/extension.h"

namespace nadir {
inline namespace NADIR_BUILD {  // as in launch.h

/// `filled` becomes the scene extended by the border rule, with holes filled. `means` stands on the blocks of `fine`;
/// its mask says afterwards which of them have a valid sample.
inline void fill_scene(Exec& exec, ConstTileView fine, TileView means, TileView filled, const FillRule& rule) {
  const Window& blocks = means.window;
  const ScratchTile occupied(exec, blocks, 1), nearest(exec, blocks, 2);
  for_each(exec, 1, blocks, FindOccupied{fine, occupied.view(), rule.levels}, "find_occupied");
  for_each(exec, 2, blocks, FindNearestInRow{occupied.view(), nearest.view(), rule.reach}, "find_nearest");
  for_each(exec, filled.bands, blocks, FillBlocks{fine, occupied.view(), nearest.view(), means, rule}, "fill_blocks");
  for_each(exec, filled.bands, filled.window, FillInvalid{fine, means, filled, rule}, "fill_invalid");
}

}  // namespace NADIR_BUILD
}  // namespace nadir
