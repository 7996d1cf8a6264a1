// Planes of blocks, one after the other.
#include "pipeline/graph/scratch_image.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace nadir {
namespace {

BlockPlane plane_at(Size size, std::size_t sample_bytes, std::uint64_t origin) {
  const int largest = 512;
  const int block = std::min(largest, ceil_div(std::max(size.width, size.height), 16) * 16);
  return {size, block, sample_bytes, origin};
}

std::string ready_file(const std::string& path, std::size_t bytes) {
  if (!create_file(path, {}, bytes) && PositionedFile(path, false).size() != bytes) {
    std::filesystem::remove(path);
    create_file(path, {}, bytes);
  }
  return path;
}

// Moves a window between a band of a tile and a plane of the file, piece by piece.
template <class T, class Move>
void for_each_piece(const BlockPlane& plane, const BandView<T>& band, const Move& move) {
  for_each_block(plane, band.window, [&](int, int, const Window& piece) {
    const std::size_t bytes = piece_bytes(plane, piece);
    std::byte* buffer = thread_buffer(bytes);
    move(piece, std::span<std::byte>(buffer, bytes), std::size_t(piece_stride(plane, piece)) * sizeof(T));
  });
}

template <class T>
std::uint64_t write_plane(const PositionedFile& file, const BlockPlane& plane, const BandView<const T>& band,
                          std::uint64_t content) {
  for_each_piece(plane, band, [&](const Window& piece, std::span<std::byte> buffer, std::size_t stride) {
    const std::size_t used = std::size_t(piece.width) * sizeof(T);
    for (int y = piece.y; y < piece.bottom(); ++y) {
      std::byte* row = buffer.data() + std::size_t(y - piece.y) * stride;
      std::memcpy(row, &band(piece.x, y), used);
      std::memset(row + used, 0, stride - used);
    }
    content = content_hash(buffer, content);
    write_piece(file, plane, piece, buffer.data());
  });
  return content;
}

template <class T>
void read_plane(const PositionedFile& file, const BlockPlane& plane, const BandView<T>& band) {
  for_each_piece(plane, band, [&](const Window& piece, std::span<std::byte> buffer, std::size_t stride) {
    read_piece(file, plane, piece, buffer.data());
    for (int y = piece.y; y < piece.bottom(); ++y)
      std::memcpy(&band(piece.x, y), buffer.data() + std::size_t(y - piece.y) * stride,
                  std::size_t(piece.width) * sizeof(T));
  });
}

}  // namespace

ScratchImage::ScratchImage(const std::string& stem, Size size, int bands, const std::string& resume_key)
    : size_(size), bands_(bands), file_(ready_file(stem + ".raw", bytes(size, bands)), true) {
  if (resume_key.empty()) return;
  journal_ = std::make_unique<TileJournal>(stem, "", resume_key);
  for (const TileRecord& r : journal_->earlier())
    if (whole(size).contains(r.window) && hash_of(r.window) == r.content) earlier_.push_back(r.window);
  std::sort(earlier_.begin(), earlier_.end(), is_before);
}

ScratchImage::~ScratchImage() {
  std::error_code ignored;
  if (!journal_) std::filesystem::remove(file_.path(), ignored);
}

BlockPlane ScratchImage::samples(int band) const {
  BlockPlane plane = plane_at(size_, sizeof(float), 0);
  plane.origin = std::uint64_t(band) * plane.bytes();
  return plane;
}

BlockPlane ScratchImage::mask() const { return plane_at(size_, 1, samples(bands_).origin); }

std::size_t ScratchImage::bytes(Size size, int bands) {
  return std::size_t(bands) * plane_at(size, sizeof(float), 0).bytes() + plane_at(size, 1, 0).bytes();
}

bool ScratchImage::holds(const Window& window) const {
  return std::binary_search(earlier_.begin(), earlier_.end(), window, is_before);
}

void ScratchImage::write(ConstTileView tile) {
  std::uint64_t content = 0;
  for (int b = 0; b < bands_; ++b) content = write_plane(file_, samples(b), tile.band(b), content);
  content = write_plane(file_, mask(), tile.mask(), content);
  if (journal_) journal_->add({tile.window, {}, content});
}

void ScratchImage::read(TileView tile) const {
  for (int b = 0; b < bands_; ++b) read_plane(file_, samples(b), tile.band(b));
  read_plane(file_, mask(), tile.mask());
}

std::uint64_t ScratchImage::hash_of(const Window& window) const {
  std::uint64_t content = 0;
  for (int b = 0; b <= bands_; ++b) {
    const BlockPlane plane = b < bands_ ? samples(b) : mask();
    for_each_block(plane, window, [&](int, int, const Window& piece) {
      const std::size_t size = piece_bytes(plane, piece);
      std::byte* buffer = thread_buffer(size);
      read_piece(file_, plane, piece, buffer);
      content = content_hash({buffer, size}, content);
    });
  }
  return content;
}

}  // namespace nadir
