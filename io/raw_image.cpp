// Finding out whether a file is plain, and reading it.
#include "io/raw_image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace nadir {
namespace {

// Half of a second-level cache: what was read is decoded before it leaves the cache.
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

bool has_item(GDALMajorObject& object, const char* name) {
  return object.GetMetadataItem(name, "IMAGE_STRUCTURE") != nullptr;
}

// Samples in whole bytes, as they are in memory.
bool is_plain(GDALDataset& dataset, const RasterLayout& layout) {
  if (!EQUAL(dataset.GetDriverName(), "GTiff") || has_item(dataset, "COMPRESSION") ||
      has_item(dataset, "SOURCE_COLOR_SPACE"))
    return false;
  const int sample_bytes = size_of(layout.info.type);
  for (int b = 1; b <= dataset.GetRasterCount(); ++b) {
    GDALRasterBand& band = *dataset.GetRasterBand(b);
    if (has_item(band, "NBITS") || GDALGetDataTypeSizeBytes(band.GetRasterDataType()) != sample_bytes) return false;
  }
  return true;
}

bool is_native_tiff(int file) {
  char mark[2] = {};
  const char expected = std::endian::native == std::endian::little ? 'I' : 'M';
  return ::pread(file, mark, sizeof mark, 0) == sizeof mark && mark[0] == expected && mark[1] == expected;
}

std::uint64_t number_of(GDALRasterBand& band, const char* what, int column, int row) {
  const std::string name = std::string(what) + "_" + std::to_string(column) + "_" + std::to_string(row);
  const char* text = band.GetMetadataItem(name.c_str(), "TIFF");
  return text ? std::strtoull(text, nullptr, 10) : 0;
}

// GDAL shows an image that is one strip as strips of one row each; the strip's size gives it away.
void unite_split_strip(GDALRasterBand& band, BlockTable& table) {
  if (table.block.height != 1 || table.block.width != table.image.width) return;
  const std::uint64_t image_bytes = table.row_bytes() * std::uint64_t(table.image.height);
  if (number_of(band, "BLOCK_SIZE", 0, 0) == image_bytes) table.block.height = table.image.height;
}

// False when a block is shorter than it must be.
bool read_offsets(GDALDataset& dataset, BlockTable& table) {
  const std::size_t blocks = std::size_t(table.columns()) * std::size_t(table.rows());
  table.offsets.reserve(blocks * std::size_t(table.planes));
  for (int plane = 0; plane < table.planes; ++plane) {
    GDALRasterBand& band = *dataset.GetRasterBand(plane + 1);
    for (int row = 0; row < table.rows(); ++row)
      for (int column = 0; column < table.columns(); ++column) {
        const std::uint64_t offset = number_of(band, "BLOCK_OFFSET", column, row);
        table.offsets.push_back(offset);
        if (offset != BlockTable::kNotStored && number_of(band, "BLOCK_SIZE", column, row) < table.block_bytes(row))
          return false;
      }
  }
  return true;
}

bool find_blocks(GDALDataset& dataset, SampleType type, std::uint64_t file_bytes, BlockTable& table) {
  const char* interleave = dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE");
  const bool together = interleave && EQUAL(interleave, "PIXEL");
  const std::int64_t pixel_bytes = std::int64_t{size_of(type)} * (together ? dataset.GetRasterCount() : 1);
  GDALRasterBand& band = *dataset.GetRasterBand(1);
  table.image = {dataset.GetRasterXSize(), dataset.GetRasterYSize()};
  band.GetBlockSize(&table.block.width, &table.block.height);
  table.tiled = table.block.width != table.image.width;
  table.planes = together ? 1 : dataset.GetRasterCount();
  table.pixel_bytes = int(pixel_bytes);
  // A block costs the file at least the 8 bytes of its place and size.
  const std::uint64_t blocks = std::uint64_t(table.columns()) * std::uint64_t(table.rows());
  if (blocks * std::uint64_t(table.planes) > file_bytes / 8) return false;
  if (!table.tiled) unite_split_strip(band, table);
  return read_offsets(dataset, table) && table.fits(file_bytes);
}

std::vector<StoredBand> wanted_bands(const RasterLayout& layout) {
  std::vector<StoredBand> bands;
  for (std::size_t b = 0; b < layout.bands.size(); ++b)
    bands.push_back({layout.bands[b] - 1, int(b), layout.nodata[b]});
  for (const int b : layout.alphas) bands.push_back({b - 1, StoredBand::kAlpha});
  return bands;
}

// GDAL gives the declared nodata value, or 0, where a block is not stored.
std::vector<std::byte> empty_pixel(GDALDataset& dataset, SampleType type) {
  std::vector<std::byte> pixel(std::size_t(size_of(type)) * std::size_t(dataset.GetRasterCount()));
  for (int b = 1; b <= dataset.GetRasterCount(); ++b) {
    GDALRasterBand& band = *dataset.GetRasterBand(b);
    int declared = 0;
    const double nodata = band.GetNoDataValue(&declared);
    const double value = declared ? nodata : 0;
    GDALCopyWords(&value, GDT_Float64, 0, pixel.data() + std::size_t(b - 1) * std::size_t(size_of(type)),
                  band.GetRasterDataType(), 0, 1);
  }
  return pixel;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

RawImage::RawImage(RasterChoice choice, int file, BlockTable table, SampleType type)
    : choice_(std::move(choice)), file_(file), table_(std::move(table)), type_(type) {}

std::unique_ptr<RawImage> RawImage::find(GDALDataset& dataset, const RasterLayout& layout, const RasterChoice& choice) {
  const GdalMessages quiet;
  if (!is_plain(dataset, layout)) return nullptr;
  std::unique_ptr<RawImage> raw(
      new RawImage(choice, ::open(choice.path.c_str(), O_RDONLY | O_CLOEXEC), BlockTable{}, layout.info.type));
  struct stat status {};
  if (raw->file_.get() < 0 || ::fstat(raw->file_.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      !is_native_tiff(raw->file_.get()) ||
      !find_blocks(dataset, layout.info.type, std::uint64_t(status.st_size), raw->table_))
    return nullptr;
  raw->planes_.resize(std::size_t(raw->table_.planes));
  for (StoredBand band : wanted_bands(layout)) {
    const std::ptrdiff_t number = band.offset;
    band.offset = raw->table_.planes == 1 ? number * size_of(layout.info.type) : 0;
    raw->planes_[raw->table_.planes == 1 ? 0 : std::size_t(number)].push_back(band);
  }
  raw->empty_pixel_ = empty_pixel(dataset, layout.info.type);
  return raw;
}

Window RawImage::probe() const {
  for (int row = 0; row < table_.rows(); ++row)
    for (int column = 0; column < table_.columns(); ++column) {
      if (table_.offset(0, column, row) == BlockTable::kNotStored) continue;
      const Window block = table_.window(column, row);
      return {block.x, block.y, std::min(block.width, 256), 1};
    }
  return {};
}

void RawImage::read(const Window& file, TileView out) const {
  const auto buffer =
      std::make_unique_for_overwrite<std::byte[]>(std::max(kBufferBytes, std::size_t(table_.pixel_bytes)));
  for (int plane = 0; plane < table_.planes; ++plane)
    if (!planes_[std::size_t(plane)].empty()) read_plane(plane, file, out, buffer.get());
}

void RawImage::read_plane(int plane, const Window& file, TileView out, std::byte* buffer) const {
  for (const BlockPiece& piece : pieces_of(table_, plane, file, kBufferBytes)) {
    StoredPixels pixels{empty_pixel_.data() + plane * table_.pixel_bytes, 0, 0};
    if (piece.offset != BlockTable::kNotStored) pixels = fetch(piece, buffer);
    const Window target = translate(piece.window, out.window.x - file.x, out.window.y - file.y);
    refuse_rounding(choice_, decode(pixels, type_, planes_[std::size_t(plane)], out.crop(target)));
  }
}

// Where rows lie close together, reading over what is between them costs less than a call for each.
StoredPixels RawImage::fetch(const BlockPiece& piece, std::byte* buffer) const {
  const std::uint64_t gap_of_one_call = 4096;
  const auto rows = std::uint64_t(piece.window.height);
  const bool at_once = piece.row_step - piece.run_bytes <= gap_of_one_call;
  const std::uint64_t calls = at_once ? 1 : rows;
  const std::uint64_t bytes = at_once ? piece.row_step * (rows - 1) + piece.run_bytes : piece.run_bytes;
  for (std::uint64_t call = 0; call < calls; ++call) {
    std::byte* to = buffer + call * bytes;
    for (std::uint64_t done = 0; done < bytes;) {
      const std::uint64_t at = piece.offset + call * piece.row_step + done;
      const ssize_t got = ::pread(file_.get(), to + done, bytes - done, off_t(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        throw Error(Fault::io, choice_.path + ": reading at byte " + std::to_string(at) + ": " + std::strerror(errno));
      if (got == 0)
        throw Error(Fault::data, choice_.path + ": ends at byte " + std::to_string(at) +
                                     ", amid its pixels; it was cut off while it was read");
      done += std::uint64_t(got);
    }
  }
  return {buffer, table_.pixel_bytes, std::ptrdiff_t(at_once ? piece.row_step : piece.run_bytes)};
}

}  // namespace nadir
