// Writing through libtiff into memory.
#include "io/tiff_pattern.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "io/tiff_tags.h"
#include "pipeline/core/error.h"

namespace nadir {
namespace {

// A file in memory as libtiff sees it.
struct MemoryFile {
  std::vector<std::byte> bytes;
  std::size_t at = 0;
  std::string problem;
};

MemoryFile& file_of(thandle_t handle) { return *static_cast<MemoryFile*>(handle); }

tmsize_t read_bytes(thandle_t handle, void* to, tmsize_t count) {
  MemoryFile& file = file_of(handle);
  const std::size_t there = file.at < file.bytes.size() ? file.bytes.size() - file.at : 0;
  const std::size_t n = std::min(there, std::size_t(count));
  if (n > 0) std::memcpy(to, file.bytes.data() + file.at, n);
  file.at += n;
  return tmsize_t(n);
}

tmsize_t write_bytes(thandle_t handle, void* from, tmsize_t count) {
  MemoryFile& file = file_of(handle);
  const std::size_t end = file.at + std::size_t(count);
  if (file.bytes.size() < end) file.bytes.resize(end);
  if (count > 0) std::memcpy(file.bytes.data() + file.at, from, std::size_t(count));
  file.at = end;
  return count;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  MemoryFile& file = file_of(handle);
  const toff_t from = whence == SEEK_CUR ? file.at : whence == SEEK_END ? file.bytes.size() : 0;
  file.at = std::size_t(from + offset);
  return file.at;
}

void append(MemoryFile& file, const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::byte*>(bytes);
  file.bytes.insert(file.bytes.end(), from, from + count);
}

int keep_open(thandle_t) { return 0; }

toff_t size_of(thandle_t handle) { return file_of(handle).bytes.size(); }

int note_problem(TIFF*, void* file, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  std::string& problem = static_cast<MemoryFile*>(file)->problem;
  if (problem.empty()) problem = text;
  return 1;
}

int ignore_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct CloseTiff {
  void operator()(TIFF* tiff) const noexcept { TIFFClose(tiff); }
};
using TiffPtr = std::unique_ptr<TIFF, CloseTiff>;

// What GDAL looks for behind the header to know a COG by (GDAL's documentation of its COG driver, "header ghost area").
// A program that edits the file turns NO, line end, space into YES, line end.
void add_layout(MemoryFile& file) {
  const std::string facts =
      "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
      "BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";
  char size[64];
  std::snprintf(size, sizeof size, "GDAL_STRUCTURAL_METADATA_SIZE=%06zu bytes\n", facts.size());
  const std::string text = size + facts;
  append(file, text.data(), text.size());
}

// As the layout promises: before a tile its size, behind it its last four bytes once more. libtiff puts a new tile at
// the end of the file, and reads numbers as this machine has them.
std::size_t begin_tile(MemoryFile& file) {
  const std::uint32_t size = 0;
  append(file, &size, sizeof size);
  return file.bytes.size();
}

void end_tile(MemoryFile& file, std::size_t start) {
  const std::uint32_t size = std::uint32_t(file.bytes.size() - start);
  std::memcpy(&file.bytes[start - sizeof size], &size, sizeof size);
  std::array<std::byte, 4> last{};
  const std::size_t n = std::min<std::size_t>(last.size(), size);
  std::copy_n(file.bytes.end() - std::ptrdiff_t(n), n, last.end() - std::ptrdiff_t(n));
  append(file, last.data(), last.size());
}

TiffPtr create(MemoryFile& file) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_problem, &file);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore_warning, nullptr);
  TiffPtr tiff(TIFFClientOpenExt("image", "w", &file, read_bytes, write_bytes, seek, keep_open, size_of, nullptr,
                                 nullptr, options.get()));
  if (!tiff) return tiff;
  know_geo_tags(*tiff);
  add_layout(file);
  return tiff;
}

// The tags for a grid: scale and tie point where the image is north up, else the whole transform (OGC 19-008, annex B).
void set_place(TIFF* tiff, const Grid& grid) {
  const auto& g = grid.geotransform;
  if (g[2] == 0 && g[4] == 0 && g[5] < 0) {
    const std::array<double, 3> scale{g[1], -g[5], 0};
    const std::array<double, 6> tie{0, 0, 0, g[0], g[3], 0};
    TIFFSetField(tiff, geotiff::kPixelScale, std::uint16_t(scale.size()), scale.data());
    TIFFSetField(tiff, geotiff::kTiePoints, std::uint16_t(tie.size()), tie.data());
    return;
  }
  const std::array<double, 16> matrix{g[1], g[2], 0, g[0], g[4], g[5], 0, g[3], 0, 0, 0, 0, 0, 0, 0, 1};
  TIFFSetField(tiff, geotiff::kTransformation, std::uint16_t(matrix.size()), matrix.data());
}

template <std::size_t width>
void spread(const std::byte* from, std::size_t samples, std::size_t bands, std::byte* to) {
  for (std::size_t i = 0; i < samples; ++i) std::memcpy(to + i * bands * width, from + i * width, width);
}

// One tile with its bands interleaved.
void gather_tile(const TiffLayout& layout, std::span<const std::byte> scratch, int column, int row,
                 std::vector<std::byte>& tile) {
  const std::size_t bands = std::size_t(layout.bands());
  for (std::size_t b = 0; b < bands; ++b) {
    const BlockPlane plane = layout.plane(0, int(b));
    const std::byte* from = scratch.data() + plane.offset(column, row);
    const std::size_t width = plane.sample_bytes, samples = plane.block_bytes() / width;
    std::byte* to = tile.data() + b * width;
    if (bands == 1)
      std::copy_n(from, plane.block_bytes(), to);
    else if (width == 1)
      spread<1>(from, samples, bands, to);
    else if (width == 2)
      spread<2>(from, samples, bands, to);
    else if (width == 4)
      spread<4>(from, samples, bands, to);
    else
      spread<8>(from, samples, bands, to);
  }
}

}  // namespace

std::optional<TiffPattern> TiffPattern::of(GDALDataset& file) {
  TIFF* tiff = libtiff_handle(file);
  std::uint16_t planar = 0, count = 0;
  std::uint32_t height = 0;
  TiffPattern p;
  if (!tiff || !TIFFGetField(tiff, TIFFTAG_PLANARCONFIG, &planar) || planar != PLANARCONFIG_CONTIG) return {};
  if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &p.block_) || !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height)) return {};
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &p.photometric_);
  if (height != p.block_ || p.photometric_ > PHOTOMETRIC_RGB) return {};
  TIFFGetField(tiff, TIFFTAG_COMPRESSION, &p.compression_);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PREDICTOR, &p.predictor_);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &p.bits_);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &p.sample_format_);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &p.bands_);
  const std::uint16_t* shorts = nullptr;
  const double* doubles = nullptr;
  const char* text = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &shorts)) p.extra_samples_.assign(shorts, shorts + count);
  if (TIFFGetField(tiff, geotiff::kKeyDirectory, &count, &shorts)) p.geo_keys_.assign(shorts, shorts + count);
  if (TIFFGetField(tiff, geotiff::kDoubles, &count, &doubles)) p.geo_doubles_.assign(doubles, doubles + count);
  if (TIFFGetField(tiff, geotiff::kText, &text) && text) p.geo_text_ = text;
  if (TIFFGetField(tiff, geotiff::kGdalMetadata, &text) && text) p.metadata_ = text;
  if (TIFFGetField(tiff, geotiff::kGdalNodata, &text) && text) p.nodata_ = text;
  p.located_ = TIFFGetField(tiff, geotiff::kPixelScale, &count, &doubles) ||
               TIFFGetField(tiff, geotiff::kTransformation, &count, &doubles);
  return p;
}

void TiffPattern::describe(TIFF* t, const Grid& grid) const {
  TIFFSetField(t, TIFFTAG_IMAGEWIDTH, std::uint32_t(grid.width));
  TIFFSetField(t, TIFFTAG_IMAGELENGTH, std::uint32_t(grid.height));
  TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, bits_);
  TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, sample_format_);
  TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, bands_);
  TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(t, TIFFTAG_PHOTOMETRIC, photometric_);
  TIFFSetField(t, TIFFTAG_TILEWIDTH, block_);
  TIFFSetField(t, TIFFTAG_TILELENGTH, block_);
  TIFFSetField(t, TIFFTAG_COMPRESSION, compression_);
  if (predictor_ != PREDICTOR_NONE) TIFFSetField(t, TIFFTAG_PREDICTOR, predictor_);
  if (!extra_samples_.empty())
    TIFFSetField(t, TIFFTAG_EXTRASAMPLES, std::uint16_t(extra_samples_.size()), extra_samples_.data());
  // The order in which GDAL sets what lies behind the directory.
  if (!metadata_.empty()) TIFFSetField(t, geotiff::kGdalMetadata, metadata_.c_str());
  if (!nodata_.empty()) TIFFSetField(t, geotiff::kGdalNodata, nodata_.c_str());
  if (located_) set_place(t, grid);
  if (!geo_keys_.empty()) TIFFSetField(t, geotiff::kKeyDirectory, std::uint16_t(geo_keys_.size()), geo_keys_.data());
  if (!geo_doubles_.empty())
    TIFFSetField(t, geotiff::kDoubles, std::uint16_t(geo_doubles_.size()), geo_doubles_.data());
  if (!geo_text_.empty()) TIFFSetField(t, geotiff::kText, geo_text_.c_str());
}

std::vector<std::byte> TiffPattern::write(const Grid& grid, const TiffLayout& layout,
                                          std::span<const std::byte> scratch) const {
  MemoryFile file;
  TiffPtr tiff = create(file);
  const auto require = [&](bool done) {
    if (!done) throw Error(Fault::io, "libtiff: " + file.problem);
  };
  require(tiff != nullptr);
  TIFF* t = tiff.get();
  describe(t, grid);
  TIFFDeferStrileArrayWriting(t);
  require(TIFFWriteCheck(t, 1, "image") && TIFFWriteDirectory(t) && TIFFSetDirectory(t, 0));
  require(TIFFForceStrileArrayWriting(t));  // room for the places of tiles, before them
  if (compression_ == COMPRESSION_ZSTD) TIFFSetField(t, TIFFTAG_ZSTD_LEVEL, 1);
  const BlockPlane plane = layout.plane(0, 0);
  std::vector<std::byte> tile(plane.block_bytes() * bands_);
  for (int row = 0; row < plane.down(); ++row)
    for (int column = 0; column < plane.across(); ++column) {
      gather_tile(layout, scratch, column, row, tile);
      const std::uint32_t number = std::uint32_t(row * plane.across() + column);
      const std::size_t start = begin_tile(file);
      require(TIFFWriteEncodedTile(t, number, tile.data(), tmsize_t(tile.size())) == tmsize_t(tile.size()));
      end_tile(file, start);
    }
  require(TIFFFlush(t));
  tiff.reset();
  require(file.problem.empty());
  return std::move(file.bytes);
}

}  // namespace nadir
