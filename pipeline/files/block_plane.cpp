// Pieces of blocks to and from files.
#include "pipeline/files/block_plane.h"

#include <array>
#include <memory>

namespace nadir {
namespace {

// True when the piece is all of its block that lies in the image, from the left edge of the block to the right one or
// to that of the image; its rows then follow each other in the file.
bool has_whole_rows(const BlockPlane& plane, const Window& piece) {
  return piece.x % plane.block == 0 && (piece.width == plane.block || piece.right() == plane.size.width);
}

template <class Move>
void move_piece(const BlockPlane& plane, const Window& piece, const Move& move) {
  const int column = piece.x / plane.block;
  const int row = piece.y / plane.block;
  const std::size_t stride = std::size_t(piece_stride(plane, piece)) * plane.sample_bytes;
  const auto at = [&](int y) {
    const std::size_t skipped = std::size_t(y - row * plane.block) * std::size_t(plane.block);
    return plane.offset(column, row) + (skipped + std::size_t(piece.x - column * plane.block)) * plane.sample_bytes;
  };
  if (has_whole_rows(plane, piece)) {
    move(std::size_t{0}, stride * std::size_t(piece.height), at(piece.y));
    return;
  }
  for (int y = piece.y; y < piece.bottom(); ++y) move(std::size_t(y - piece.y) * stride, stride, at(y));
}

}  // namespace

void for_each_block(const BlockPlane& plane, const Window& window,
                    const std::function<void(int, int, const Window&)>& f) {
  const Window inside = intersect(window, whole(plane.size));
  if (inside.empty()) return;
  for (int row = inside.y / plane.block; row * plane.block < inside.bottom(); ++row)
    for (int column = inside.x / plane.block; column * plane.block < inside.right(); ++column)
      f(column, row, intersect(inside, plane.window_of(column, row)));
}

int piece_stride(const BlockPlane& plane, const Window& piece) {
  return has_whole_rows(plane, piece) ? plane.block : piece.width;
}

std::size_t piece_bytes(const BlockPlane& plane, const Window& piece) {
  return std::size_t(piece_stride(plane, piece)) * std::size_t(piece.height) * plane.sample_bytes;
}

void write_piece(const PositionedFile& file, const BlockPlane& plane, const Window& piece, const std::byte* samples) {
  move_piece(plane, piece, [&](std::size_t from, std::size_t bytes, std::uint64_t to) {
    file.write({samples + from, bytes}, to);
  });
}

void read_piece(const PositionedFile& file, const BlockPlane& plane, const Window& piece, std::byte* samples) {
  move_piece(plane, piece, [&](std::size_t to, std::size_t bytes, std::uint64_t from) {
    file.read({samples + to, bytes}, from);
  });
}

std::byte* thread_buffer(std::size_t bytes, int slot) {
  struct Buffer {
    std::size_t size = 0;
    std::unique_ptr<std::byte[]> memory;
  };
  thread_local std::array<Buffer, 2> buffers;
  Buffer& buffer = buffers.at(std::size_t(slot));
  if (buffer.size < bytes) {
    buffer.memory.reset();
    buffer.memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
    buffer.size = bytes;
  }
  return buffer.memory.get();
}

}  // namespace nadir
