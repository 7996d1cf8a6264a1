// Extension and filling of rows.
#include "stages/wavelet/filled_rows.h"

#include <utility>

#include "stages/wavelet/fill_kernels.h"

namespace nadir {

FilledRows::FilledRows(ConstTileView fine, int band, const Window& need, bool valid, const FillRule& rule)
    : fine_(fine), band_(band), need_(need), rule_(rule) {
  direct_ = rule.border == Border::symmetric && valid;
  if (direct_) return;
  for (std::vector<float>& row : filled_) row.resize(std::size_t(need.width));
  find_neighbours();
}

const float* FilledRows::samples_of(int y) const {
  return direct_ && y < need_.bottom() ? &fine_(band_, need_.x, y) : nullptr;
}

const float* FilledRows::row(int y) {
  if (direct_) return samples_of(y);
  const Size size = rule_.size;
  const int levels = rule_.levels;
  const int from_y = border_source(rule_.border, y, size.height);
  if (from_y != kNoSource) find_means(from_y >> levels);
  std::vector<float>& filled = filled_[y & 1];
  for (int i = 0; i < need_.width; ++i) {
    const int from_x = border_source(rule_.border, need_.x + i, size.width);
    float& value = filled[std::size_t(i)];
    if (from_y == kNoSource || from_x == kNoSource)
      value = 0;
    else if (fine_.is_valid(from_x, from_y))
      value = fine_(band_, from_x, from_y);
    else
      value = means_[std::size_t((from_x >> levels) - (fine_.window.x >> levels))];
  }
  return filled.data();
}

void FilledRows::find_neighbours() {
  const int levels = rule_.levels;
  const Window blocks{fine_.window.x >> levels, fine_.window.y >> levels, fine_.window.width >> levels,
                      fine_.window.height >> levels};
  occupied_ = Tile(blocks, 1);
  nearest_ = Tile(blocks, 2);
  const FindOccupied occupy{fine_, occupied_.view(), levels};
  const FindNearestInRow find{occupied_.view(), nearest_.view(), rule_.reach};
  for (int y = blocks.y; y < blocks.bottom(); ++y) {
    for (int x = blocks.x; x < blocks.right(); ++x) occupy(0, x, y);
    for (const int side : {0, 1})
      for (int x = blocks.x; x < blocks.right(); ++x) find(side, x, y);
  }
}

void FilledRows::find_means(int block_row) {
  if (!means_.empty() && means_row_ == block_row) return;
  const int levels = rule_.levels;
  const Window blocks{fine_.window.x >> levels, block_row, fine_.window.width >> levels, 1};
  means_.resize(std::size_t(blocks.width));
  means_row_ = block_row;
  std::vector<std::uint8_t> unused(means_.size());
  // A view of this band alone: the functor then writes one row of means.
  ConstTileView band = fine_;
  band.samples = fine_.samples + band_ * fine_.plane;
  band.bands = 1;
  const TileView row{means_.data(), unused.data(), blocks.width, blocks.width, 1, blocks};
  const FillBlocks fill{band, std::as_const(occupied_).view(), std::as_const(nearest_).view(), row, rule_};
  for (int x = blocks.x; x < blocks.right(); ++x) fill(0, x, block_row);
}

}  // namespace nadir
