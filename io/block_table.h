// Where the blocks of an uncompressed image lie in its file.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/window.h"

namespace nadir {

/// Blocks cover the image from its upper-left corner, row by row; with several planes, plane after plane. Tiles are
/// stored whole, the last strip only as far as the image reaches.
struct BlockTable {
  Size image;
  Size block;
  bool tiled = false;
  int planes = 1;
  int pixel_bytes = 0;                 ///< of one plane
  std::vector<std::uint64_t> offsets;  ///< in the file; kNotStored for a block of a sparse file
  static constexpr std::uint64_t kNotStored = 0;

  int columns() const { return ceil_div(image.width, block.width); }
  int rows() const { return ceil_div(image.height, block.height); }
  std::uint64_t offset(int plane, int column, int row) const;
  Window window(int column, int row) const;
  std::uint64_t row_bytes() const { return std::uint64_t(block.width) * std::uint64_t(pixel_bytes); }
  std::uint64_t block_bytes(int row) const;

  /// True when the numbers make sense together and every stored block lies inside a file of so many bytes.
  bool fits(std::uint64_t file_bytes) const;
};

/// A piece of a block: `rows` runs of `run_bytes` in the file, each `row_step` after the one before.
struct BlockPiece {
  Window window;  ///< in the image
  std::uint64_t offset = 0;
  std::uint64_t run_bytes = 0;
  std::uint64_t row_step = 0;
};

/// The pieces of one plane that make up a window of the image, none of which takes more than `most_bytes` when read
/// from its first to its last byte, unless a single pixel does. Pieces that are not stored have the offset kNotStored.
std::vector<BlockPiece> pieces_of(const BlockTable& table, int plane, const Window& window, std::uint64_t most_bytes);

}  // namespace nadir
