// A plane of samples cut into square blocks that lie one after the other in a file, as in a tiled TIFF.
#pragma once

#include <functional>

#include "pipeline/core/window.h"
#include "pipeline/files/positioned_file.h"

namespace nadir {

/// Blocks at the right and lower edge are as large as all others; what lies outside the image is padding.
struct BlockPlane {
  Size size;
  int block = 512;  ///< edge in pixels
  std::size_t sample_bytes = 1;
  std::uint64_t origin = 0;  ///< where the first block starts

  int across() const { return ceil_div(size.width, block); }
  int down() const { return ceil_div(size.height, block); }
  std::size_t block_bytes() const { return std::size_t(block) * std::size_t(block) * sample_bytes; }
  std::uint64_t bytes() const { return std::uint64_t(across()) * std::uint64_t(down()) * block_bytes(); }
  std::uint64_t offset(int column, int row) const {
    return origin + (std::uint64_t(row) * std::uint64_t(across()) + std::uint64_t(column)) * block_bytes();
  }
  Window window_of(int column, int row) const {
    return intersect(Window{column * block, row * block, block, block}, whole(size));
  }
};

/// Calls f(column, row, piece) for each block that the window meets, row by row; the piece is what lies in the block.
void for_each_block(const BlockPlane& plane, const Window& window,
                    const std::function<void(int column, int row, const Window& piece)>& f);

/// Samples from one row of a piece to the next in the buffer that write_piece and read_piece take: whole blocks are
/// moved at once, with their padding.
int piece_stride(const BlockPlane& plane, const Window& piece);

/// Bytes of that buffer.
std::size_t piece_bytes(const BlockPlane& plane, const Window& piece);

/// The piece must lie in one block.
void write_piece(const PositionedFile& file, const BlockPlane& plane, const Window& piece, const std::byte* samples);
void read_piece(const PositionedFile& file, const BlockPlane& plane, const Window& piece, std::byte* samples);

/// A buffer of this thread, at least so large. `slot` tells buffers apart that are needed at the same time.
std::byte* thread_buffer(std::size_t bytes, int slot = 0);

}  // namespace nadir
