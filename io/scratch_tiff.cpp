// Encoding tiles into blocks, and reducing blocks as soon as they are complete.
#include "io/scratch_tiff.h"

#include <cpl_vsi.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPixels = ".scratch.tif";
constexpr const char* kMask = ".mask.scratch.tif";

TiffLayout layout_of_mask(const TiffLayout& pixels) {
  const BlockPlane plane = pixels.plane(0, 0);
  return TiffLayout({plane.size, 1, SampleType::u8, plane.block, 0, false});
}

// The file with this layout: the one that is there, or a new one.
PositionedFile ready_file(const WorkPlace& place, const char* ending, const TiffLayout& layout) {
  const std::string path = place.stem + ending;
  const std::vector<std::byte>& head = layout.head();
  if (place.in_memory) {
    PositionedFile file = PositionedFile::in_memory("/vsimem/" + path, layout.file_bytes());
    file.write(head, 0);
    return file;
  }
  if (!create_file(path, head, layout.file_bytes())) {
    const PositionedFile file(path, false);
    std::vector<std::byte> found(head.size());
    if (file.size() == layout.file_bytes()) file.read(found, 0);
    if (found != head) {
      fs::remove(path);
      create_file(path, head, layout.file_bytes());
    }
  }
  return PositionedFile(path, true);
}

// GDAL reads and writes what lies in memory by the file's path.
void show_to_gdal(const PositionedFile& file) {
  const auto bytes = reinterpret_cast<GByte*>(file.memory().data());
  if (VSILFILE* handle = VSIFileFromMemBuffer(file.path().c_str(), bytes, file.size(), FALSE)) VSIFCloseL(handle);
}

bool has_nan(ConstTileView tile, int x, int y) {
  for (int b = 0; b < tile.bands; ++b)
    if (const float v = tile(b, x, y); v != v) return true;
  return false;
}

// 1 where all bands of a valid pixel are numbers.
std::vector<std::uint8_t> valid_numbers(ConstTileView tile) {
  const Window& w = tile.window;
  std::vector<std::uint8_t> valid(std::size_t(w.area()));
  std::size_t i = 0;
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) valid[i++] = tile.is_valid(x, y) && !has_nan(tile, x, y);
  return valid;
}

std::int64_t count_valid(const std::uint8_t* valid, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += valid[i] != 0;
  return sum;
}

}  // namespace

ScratchTiff::ScratchTiff(const WorkPlace& place, const TiffLayout& layout, const Encoding& encoding,
                         Reduction reduction)
    : place_(place),
      layout_(layout),
      mask_layout_(layout_of_mask(layout)),
      encoding_(encoding),
      reduction_(reduction),
      pixels_(ready_file(place, kPixels, layout_)) {
  if (!encoding_.nodata) mask_.emplace(ready_file(place, kMask, mask_layout_));
  if (place_.in_memory) {
    show_to_gdal(pixels_);
    if (mask_) show_to_gdal(*mask_);
  }
  for (int level = 0; level < layout_.levels(); ++level) {
    const BlockPlane plane = layout_.plane(level, 0);
    missing_.emplace_back(std::size_t(plane.across()) * std::size_t(plane.down()));
    for (int row = 0; row < plane.down(); ++row)
      for (int column = 0; column < plane.across(); ++column) {
        const BlockPlane finer = layout_.plane(std::max(0, level - 1), 0);
        const int children = std::min(2, finer.across() - 2 * column) * std::min(2, finer.down() - 2 * row);
        missing(level, column, row) = level == 0 ? int(plane.window_of(column, row).area()) : children;
      }
  }
  if (place_.resume_key.empty() || place_.in_memory) return;
  journal_ = std::make_unique<TileJournal>(place_.stem, place_.unit, place_.resume_key);
  take_over_earlier();
}

ScratchTiff::~ScratchTiff() {
  if (place_.in_memory || place_.resume_key.empty()) remove_files();
}

bool ScratchTiff::is_there(const WorkPlace& place) { return fs::exists(place.stem + kPixels); }

void ScratchTiff::remove_files() const noexcept {
  if (place_.in_memory) {
    VSIUnlink(pixels_.path().c_str());
    if (mask_) VSIUnlink(mask_->path().c_str());
    return;
  }
  std::error_code ignored;
  fs::remove(place_.stem + kPixels, ignored);
  fs::remove(place_.stem + kMask, ignored);
  TileJournal::remove(place_.stem);
}

std::atomic<int>& ScratchTiff::missing(int level, int column, int row) {
  return missing_[std::size_t(level)]
                 [std::size_t(row) * std::size_t(layout_.plane(level, 0).across()) + std::size_t(column)];
}

bool ScratchTiff::holds(const Window& window) const {
  return std::binary_search(earlier_.begin(), earlier_.end(), window, is_before);
}

void ScratchTiff::take_over_earlier() {
  for (const TileRecord& r : journal_->earlier()) {
    if (!whole(layout_.plane(0, 0).size).contains(r.window) || hash_of(r.window) != r.content) continue;
    earlier_.push_back(r.window);
    counts_.add({r.counts[0], r.counts[1], r.counts[2], r.counts[3]});
    mark_written(r.window);
  }
  std::sort(earlier_.begin(), earlier_.end(), is_before);
}

void ScratchTiff::write(ConstTileView tile) {
  if (tile.window.empty()) return;
  EncodingCounts counts;
  bool nan = false;
  std::uint64_t content = write_window(tile, nullptr, counts, nan);
  if (nan) {
    counts = {};
    const std::vector<std::uint8_t> valid = valid_numbers(tile);
    content = write_window(tile, valid.data(), counts, nan);
  }
  if (journal_) journal_->add({tile.window, {counts.clipped, counts.nudged, counts.valid, counts.total}, content});
  {
    const std::lock_guard lock(mutex_);
    counts_.add(counts);
  }
  mark_written(tile.window);
}

// `valid` replaces the tile's own mask where it is given. Returns the hash of what was written.
std::uint64_t ScratchTiff::write_window(ConstTileView tile, const std::uint8_t* valid, EncodingCounts& counts,
                                        bool& nan) {
  std::uint64_t content = 0;
  const auto mask_row = [&](const Window& piece, int y) {
    return valid ? valid + std::ptrdiff_t(y - tile.window.y) * tile.window.width + (piece.x - tile.window.x)
                 : tile.mask().row(y) + (piece.x - tile.window.x);
  };
  const auto write = [&](const PositionedFile& file, const BlockPlane& plane, const Window& piece, const auto& encode) {
    const std::size_t bytes = piece_bytes(plane, piece);
    std::byte* buffer = thread_buffer(bytes);
    const std::size_t stride = std::size_t(piece_stride(plane, piece)) * plane.sample_bytes;
    const std::size_t used = std::size_t(piece.width) * plane.sample_bytes;
    for (int y = piece.y; y < piece.bottom(); ++y) {
      std::byte* row = buffer + std::size_t(y - piece.y) * stride;
      encode(y, row);
      std::memset(row + used, 0, stride - used);
    }
    content = content_hash({buffer, bytes}, content);
    write_piece(file, plane, piece, buffer);
  };
  for_each_block(layout_.plane(0, 0), tile.window, [&](int, int, const Window& piece) {
    bool all_valid = true;
    for (int y = piece.y; y < piece.bottom(); ++y) {
      const std::int64_t good = count_valid(mask_row(piece, y), piece.width);
      counts.valid += good;
      all_valid = all_valid && good == piece.width;
    }
    for (int b = 0; b < layout_.bands(); ++b)
      write(pixels_, layout_.plane(0, b), piece, [&](int y, std::byte* row) {
        const float* samples = tile.band(b).row(y) + (piece.x - tile.window.x);
        nan |= encode_row(encoding_, samples, all_valid ? nullptr : mask_row(piece, y), piece.width, row, counts);
      });
    if (mask_)
      write(*mask_, mask_layout_.plane(0, 0), piece, [&](int y, std::byte* row) {
        const std::uint8_t* from = mask_row(piece, y);
        for (int x = 0; x < piece.width; ++x) row[x] = std::byte(from[x] ? 255 : 0);
      });
  });
  counts.total += tile.window.area();
  return content;
}

std::uint64_t ScratchTiff::hash_of(const Window& window) const {
  std::uint64_t content = 0;
  const auto add = [&](const PositionedFile& file, const BlockPlane& plane, const Window& piece) {
    const std::size_t bytes = piece_bytes(plane, piece);
    std::byte* buffer = thread_buffer(bytes);
    read_piece(file, plane, piece, buffer);
    content = content_hash({buffer, bytes}, content);
  };
  for_each_block(layout_.plane(0, 0), window, [&](int, int, const Window& piece) {
    for (int b = 0; b < layout_.bands(); ++b) add(pixels_, layout_.plane(0, b), piece);
    if (mask_) add(*mask_, mask_layout_.plane(0, 0), piece);
  });
  return content;
}

void ScratchTiff::mark_written(const Window& window) {
  for_each_block(layout_.plane(0, 0), window, [&](int column, int row, const Window& piece) {
    const int area = int(piece.area());
    if (missing(0, column, row).fetch_sub(area) == area) block_is_complete(0, column, row);
  });
}

// The last child of a reduced block makes it, and so on upwards.
void ScratchTiff::block_is_complete(int level, int column, int row) {
  if (level + 1 == layout_.levels()) return;
  if (missing(level + 1, column / 2, row / 2).fetch_sub(1) != 1) return;
  reduce_into(level + 1, column / 2, row / 2);
  block_is_complete(level + 1, column / 2, row / 2);
}

void ScratchTiff::reduce_into(int level, int column, int row) {
  for (int b = 0; b < layout_.bands(); ++b) {
    const BlockPlane finer = layout_.plane(level - 1, b);
    const BlockPlane plane = layout_.plane(level, b);
    const Window target = plane.window_of(column, row);
    const int stride = piece_stride(plane, target);
    std::byte* out = thread_buffer(plane.block_bytes(), 1);
    std::memset(out, 0, plane.block_bytes());
    const Window children{2 * column * finer.block, 2 * row * finer.block, 2 * finer.block, 2 * finer.block};
    for_each_block(finer, children, [&](int, int, const Window& child) {
      std::byte* in = thread_buffer(finer.block_bytes());
      read_piece(pixels_, finer, child, in);
      const int x = child.x / 2 - target.x;
      const int y = child.y / 2 - target.y;
      reduce_block(encoding_, reduction_, in, child.width, child.height, piece_stride(finer, child),
                   out + (std::size_t(y) * std::size_t(stride) + std::size_t(x)) * plane.sample_bytes, stride);
    });
    write_piece(pixels_, plane, target, out);
  }
}

void ScratchTiff::complete() {
  for (int level = 1; level < layout_.levels(); ++level)
    for (const auto& left : missing_[std::size_t(level)])
      if (left != 0)
        throw Error(Fault::internal, pixels_path() + ": a reduced image is not complete; run again with --restart");
}

EncodingCounts ScratchTiff::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace nadir
