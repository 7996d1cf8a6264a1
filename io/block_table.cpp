// Arithmetic on the places of blocks; nothing here is believed before `fits` has said so.
#include "io/block_table.h"

#include <algorithm>
#include <limits>

namespace nadir {
namespace {

// Rows of the part as they lie in the block; whole rows are one run after the other without gaps.
BlockPiece piece_of(const BlockTable& table, std::uint64_t offset, const Window& block, const Window& part) {
  const auto pixel = std::uint64_t(table.pixel_bytes);
  BlockPiece piece{part, BlockTable::kNotStored, std::uint64_t(part.width) * pixel, table.row_bytes()};
  if (offset != BlockTable::kNotStored)
    piece.offset =
        offset + std::uint64_t(part.y - block.y) * table.row_bytes() + std::uint64_t(part.x - block.x) * pixel;
  return piece;
}

void add_in_portions(const BlockTable& table, std::uint64_t offset, const Window& block, const Window& part,
                     std::uint64_t most_bytes, std::vector<BlockPiece>& pieces) {
  if (offset == BlockTable::kNotStored) return pieces.push_back(piece_of(table, offset, block, part));
  const auto pixels = std::max<std::uint64_t>(1, most_bytes / std::uint64_t(table.pixel_bytes));
  const int width = int(std::min<std::uint64_t>(pixels, std::uint64_t(part.width)));
  for (int x = part.x; x < part.right(); x += width) {
    const Window column = from_edges(x, part.y, std::min(x + width, part.right()), part.bottom());
    const BlockPiece all = piece_of(table, offset, block, column);
    const std::uint64_t spare = most_bytes - std::min(most_bytes, all.run_bytes);
    const int height = int(std::min<std::uint64_t>(spare / all.row_step, std::uint64_t(part.height - 1))) + 1;
    for (int y = part.y; y < part.bottom(); y += height)
      pieces.push_back(
          piece_of(table, offset, block, {column.x, y, column.width, std::min(height, part.bottom() - y)}));
  }
}

}  // namespace

std::uint64_t BlockTable::offset(int plane, int column, int row) const {
  return offsets[(std::size_t(plane) * std::size_t(rows()) + std::size_t(row)) * std::size_t(columns()) +
                 std::size_t(column)];
}

Window BlockTable::window(int column, int row) const {
  return intersect({column * block.width, row * block.height, block.width, block.height}, whole(image));
}

std::uint64_t BlockTable::block_bytes(int row) const {
  return row_bytes() * std::uint64_t(tiled ? block.height : window(0, row).height);
}

bool BlockTable::fits(std::uint64_t file_bytes) const {
  // Positions of pixels are computed as int, a little beyond the image where a block reaches over it.
  const int largest = std::numeric_limits<int>::max() / 2;
  for (const int number : {image.width, image.height, block.width, block.height, planes, pixel_bytes})
    if (number < 1 || number > largest) return false;
  if (!tiled && block.width != image.width) return false;
  const auto blocks = std::uint64_t(columns()) * std::uint64_t(rows());
  if (blocks > offsets.size() || blocks * std::uint64_t(planes) != offsets.size()) return false;
  if (row_bytes() > file_bytes ||
      row_bytes() * std::uint64_t(block.height) / row_bytes() != std::uint64_t(block.height))
    return false;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] == kNotStored) continue;
    const std::uint64_t bytes = block_bytes(int(i / std::size_t(columns()) % std::size_t(rows())));
    if (bytes > file_bytes || offsets[i] > file_bytes - bytes) return false;
  }
  return true;
}

std::vector<BlockPiece> pieces_of(const BlockTable& table, int plane, const Window& window, std::uint64_t most_bytes) {
  std::vector<BlockPiece> pieces;
  for (int row = window.y / table.block.height; row * table.block.height < window.bottom(); ++row)
    for (int column = window.x / table.block.width; column * table.block.width < window.right(); ++column) {
      const Window block = table.window(column, row);
      add_in_portions(table, table.offset(plane, column, row), block, intersect(block, window), most_bytes, pieces);
    }
  return pieces;
}

}  // namespace nadir
