// From scratch tiles to a published Cloud Optimized GeoTIFF.
#include "io/cog_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/cog_describe.h"
#include "io/sample_type.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

GDALDriver& driver(const char* name) {
  GDALDriver* found = GetGDALDriverManager()->GetDriverByName(name);
  if (!found)
    throw Error(Fault::io, std::string("this build of GDAL has no ") + name + " driver; it needs GDAL 3.6 or later");
  return *found;
}

const char* compression_name(Compression compression) {
  constexpr std::array names{"ZSTD", "DEFLATE", "LZW", "NONE"};
  return names[std::size_t(compression)];
}

void require_compression(Compression compression) {
  const char* list = driver("COG").GetMetadataItem(GDAL_DMD_CREATIONOPTIONLIST);
  const std::string name = compression_name(compression);
  if (!list || !std::strstr(list, ("<Value>" + name + "</Value>").c_str()))
    throw Error(Fault::config, "this build of GDAL cannot compress with " + name + "; set compression: deflate");
}

DatasetPtr create_scratch(const std::string& path, Size size, int bands, GDALDataType type) {
  const GdalMessages messages;
  GdalOptions options;
  options.set("TILED", "YES").set("BIGTIFF", "YES").set("INTERLEAVE", "BAND").set("BLOCKXSIZE", "512");
  options.set("BLOCKYSIZE", "512").set("PHOTOMETRIC", "MINISBLACK").set("ALPHA", "NO").set("PROFILE", "BASELINE");
  DatasetPtr dataset(driver("GTiff").Create(path.c_str(), size.width, size.height, bands, type, options.get()));
  if (!dataset) throw Error(Fault::io, path + ": cannot be created: " + messages.text());
  return dataset;
}

// A small image gets blocks of its own size, so that a thumbnail is no larger than it must be.
int fitting_block(Size size, int block_px) {
  const int least = 128;  // GDAL's COG driver
  const int side = std::max(size.width, size.height);
  return std::max(least, std::min(block_px, ceil_div(side, 16) * 16));
}

// Halvings until both sides are at most 256 pixels.
int overview_count(Size size) {
  int count = 0;
  for (int side = std::max(size.width, size.height); side > 256; side = ceil_div(side, 2)) ++count;
  return count;
}

GdalOptions cog_options(Size size, const CogOptions& o) {
  GdalOptions options;
  options.set("COMPRESS", compression_name(o.compression)).set("BIGTIFF", "IF_SAFER");
  options.set("BLOCKSIZE", std::to_string(fitting_block(size, o.block_px)));
  if (o.compression != Compression::none) options.set("PREDICTOR", "YES").set("OVERVIEW_PREDICTOR", "YES");
  if (o.compression == Compression::zstd) options.set("LEVEL", "1");
  const int count = o.overviews ? overview_count(size) : 0;
  if (count == 0) return options.set("OVERVIEWS", "NONE");
  return options.set("OVERVIEW_RESAMPLING", o.resampling).set("OVERVIEW_COUNT", std::to_string(count));
}

[[noreturn]] void fail_system(const std::string& path, const std::string& action) {
  throw Error(Fault::io, path + ": " + action + " failed: " + std::strerror(errno));
}

void sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_system(path, "open");
  const int result = ::fsync(file);
  ::close(file);
  if (result != 0) fail_system(path, "fsync");
}

void move_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) fail_system(to, "rename");
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// A settings change for this thread and the life of the object.
class ThreadSetting {
 public:
  ThreadSetting(const char* key, const char* value) : key_(key) { CPLSetThreadLocalConfigOption(key, value); }
  ~ThreadSetting() { CPLSetThreadLocalConfigOption(key_, nullptr); }
  ThreadSetting(const ThreadSetting&) = delete;
  ThreadSetting& operator=(const ThreadSetting&) = delete;

 private:
  const char* key_;
};

}  // namespace

CogFile::CogFile(std::string path, std::string work_dir, const std::string& name, ImageInfo info, Encoding encoding,
                 CogOptions options)
    : path_(std::move(path)),
      scratch_(work_dir + "/" + name + ".scratch.tif"),
      scratch_mask_(work_dir + "/" + name + ".mask.scratch.tif"),
      unfinished_(work_dir + "/" + name + ".unfinished.tif"),
      info_(std::move(info)),
      encoding_(encoding),
      options_(options) {
  register_drivers();
  require_compression(options_.compression);
  std::error_code failure;
  for (const std::string& folder : {parent_of(path_), work_dir})
    if (fs::create_directories(folder, failure); failure)
      throw Error(Fault::io, folder + ": cannot be created: " + failure.message());
  remove_work_files();
  try {
    pixels_ = create_scratch(scratch_, info_.grid.size(), info_.band_count(), gdal_type_of(encoding_.type));
    if (keeps_mask()) mask_ = create_scratch(scratch_mask_, info_.grid.size(), 1, GDT_Byte);
  } catch (...) {
    remove_work_files();
    throw;
  }
}

CogFile::~CogFile() {
  {
    const GdalMessages quiet;
    pixels_.reset();
    mask_.reset();
  }
  remove_work_files();
}

void CogFile::write_band(GDALDataset& to, const EncodedTile& tile, void* samples, int bands, GDALDataType type) {
  const GdalMessages messages;
  const Window& w = tile.window;
  if (to.RasterIO(GF_Write, w.x, w.y, w.width, w.height, samples, w.width, w.height, type, bands, nullptr, 0, 0, 0,
                  nullptr) != CE_None ||
      messages.failed())
    throw Error(Fault::io, scratch_ + ": writing failed (is the disk full?): " + messages.text());
}

void CogFile::write(const EncodedTile& tile) {
  if (tile.window.empty()) return;
  const std::lock_guard lock(mutex_);
  write_band(*pixels_, tile, const_cast<std::byte*>(tile.samples.data()), info_.band_count(),
             gdal_type_of(encoding_.type));
  if (mask_) write_band(*mask_, tile, const_cast<std::uint8_t*>(tile.mask.data()), 1, GDT_Byte);
  counts_.add(tile.counts);
}

void CogFile::check_complete() const {
  if (counts_.total != info_.grid.window().area())
    throw Error(Fault::internal, path_ + ": " + std::to_string(counts_.total) + " of " +
                                     std::to_string(info_.grid.window().area()) + " pixels were written");
}

void CogFile::close_scratch() {
  const GdalMessages messages;
  pixels_.reset();
  mask_.reset();
  if (messages.failed()) throw Error(Fault::io, scratch_ + ": writing failed (is the disk full?): " + messages.text());
}

void CogFile::build() const {
  const DatasetPtr pixels = open_dataset(scratch_, GDAL_OF_RASTER, {"GTiff"}, "drivers");
  const bool masked = keeps_mask() && counts_.valid < counts_.total;
  const DatasetPtr mask = masked ? open_dataset(scratch_mask_, GDAL_OF_RASTER, {"GTiff"}, "drivers") : nullptr;
  const ThreadSetting internal_mask("GDAL_TIFF_INTERNAL_MASK", "YES");
  const GdalMessages messages;
  {
    const DatasetPtr described = describe_pixels(*pixels, mask.get(), info_, encoding_, options_.palette);
    const DatasetPtr copy(driver("COG").CreateCopy(unfinished_.c_str(), described.get(), FALSE,
                                                   cog_options(info_.grid.size(), options_).get(), nullptr, nullptr));
    if (!copy) throw Error(Fault::io, path_ + ": cannot be written: " + messages.text());
  }
  if (messages.failed()) throw Error(Fault::io, path_ + ": cannot be written: " + messages.text());
}

void CogFile::verify() const {
  const DatasetPtr file = open_dataset(unfinished_, GDAL_OF_RASTER, {"GTiff"}, "drivers");
  const Size size{file->GetRasterXSize(), file->GetRasterYSize()};
  if (size != info_.grid.size() || file->GetRasterCount() != info_.band_count())
    throw Error(Fault::io, path_ + ": came out with another size than it was written with");
  const GdalMessages messages;
  double last = 0;
  for (int b = 1; b <= info_.band_count(); ++b)
    if (file->GetRasterBand(b)->RasterIO(GF_Read, size.width - 1, size.height - 1, 1, 1, &last, 1, 1, GDT_Float64, 0, 0,
                                         nullptr) != CE_None)
      throw Error(Fault::io, path_ + ": cannot be read back: " + messages.text());
}

// The sidecar goes first: whoever sees the image sees its class names.
void CogFile::publish() const {
  const std::string sidecar = ".aux.xml";
  sync(unfinished_);
  std::error_code ignored;
  if (fs::exists(unfinished_ + sidecar, ignored)) {
    sync(unfinished_ + sidecar);
    move_file(unfinished_ + sidecar, path_ + sidecar);
  } else {
    fs::remove(path_ + sidecar, ignored);
  }
  move_file(unfinished_, path_);
  sync(parent_of(path_));
}

void CogFile::remove_work_files() const noexcept {
  std::error_code ignored;
  for (const std::string& file : {scratch_, scratch_mask_, unfinished_})
    for (const char* suffix : {"", ".aux.xml", ".ovr.tmp", ".msk.ovr.tmp"}) fs::remove(file + suffix, ignored);
}

Record CogFile::finish() {
  const std::lock_guard lock(mutex_);
  check_complete();
  close_scratch();
  build();
  verify();
  publish();
  remove_work_files();
  const double fraction = double(counts_.valid) / double(counts_.total);
  return {{"path", path_},
          {"width", std::int64_t(info_.grid.width)},
          {"height", std::int64_t(info_.grid.height)},
          {"bytes", std::int64_t(fs::file_size(path_))},
          {"clipped", counts_.clipped},
          {"nudged", counts_.nudged},
          {"valid_fraction", fraction}};
}

}  // namespace nadir
