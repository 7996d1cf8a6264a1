// Rows of a scene as the filter banks see it: extended beyond its edges, with holes filled.
#pragma once

#include <vector>

#include "pipeline/core/image.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

/// One band of `fine` over the columns of `need`, invalid samples filled as FillBlocks says. `valid`: all_valid of that
/// window, which is the same for all bands.
class FilledRows {
 public:
  FilledRows(ConstTileView fine, int band, const Window& need, bool valid, const FillRule& rule);
  /// Samples from need.x on; they stay until the next row has been made.
  const float* row(int y);
  /// Where a later row lies, null where it must be made first.
  const float* samples_of(int y) const;

 private:
  void find_neighbours();
  void find_means(int block_row);

  ConstTileView fine_;
  int band_;
  Window need_;
  FillRule rule_;
  bool direct_;
  std::vector<float> filled_[2];  ///< by turns
  Tile occupied_;                 ///< blocks, see FindOccupied
  Tile nearest_;                  ///< see FindNearestInRow
  std::vector<float> means_;      ///< of one row of blocks
  int means_row_ = 0;
};

}  // namespace nadir
