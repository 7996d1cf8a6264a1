// From scratch tiles to a published Cloud Optimized GeoTIFF.
#include "io/cog_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "io/cog_describe.h"
#include "io/io.h"
#include "io/pattern_store.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// Share of samples. Sharpening clips a few at bright spots; what is more comes from a type that was chosen too small.
constexpr double kManyClipped = 0.05;

bool is_rgb(const ImageInfo& info) {
  return info.band_count() >= 3 && info.bands[0].colour == "Red" && info.bands[1].colour == "Green" &&
         info.bands[2].colour == "Blue";
}

TiffLayout layout_for(const ImageInfo& info, const Encoding& encoding, const CogOptions& options) {
  const Size size = info.grid.size();
  return TiffLayout({size, info.band_count(), encoding.type, fitting_block(size, options.block_px),
                     overview_count(size, options), is_rgb(info)});
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

// Makes the folders of a file before anything is written to them, and decides where its pixels wait: those of a small
// image in memory, since making files takes longer than making the image again; it then needs no working folder.
WorkPlace ready_place(const std::string& path, WorkPlace work, const TiffLayout& layout, const CogOptions& options) {
  const std::uint64_t small = std::uint64_t{4} << 20;
  work.in_memory = work.unit.empty() && options.compression != Compression::none && layout.file_bytes() <= small &&
                   !ScratchTiff::is_there(work);
  std::error_code failure;
  for (const std::string& folder : {parent_of(path), work.in_memory ? "" : parent_of(work.stem)})
    if (!folder.empty() && (fs::create_directories(folder, failure), failure))
      throw Error(Fault::io, folder + ": cannot be created: " + failure.message());
  return work;
}

const std::string kInMemory = "/vsimem/";

bool is_in_memory(const std::string& path) { return path.starts_with(kInMemory); }

constexpr const char* kSidecar = ".aux.xml";

// The name of a file on its way: beside it, hidden, and always the same, so that the next try replaces what a lost
// program left.
std::string hidden_name(const std::string& path) {
  return parent_of(path) + "/." + fs::path(path).filename().string() + ".unfinished";
}

// Writes a file that GDAL made in memory to the disk, if there is one.
void bring_to_disk(const std::string& from, const std::string& to) {
  vsi_l_offset bytes = 0;
  const GByte* data = VSIGetMemFileBuffer(from.c_str(), &bytes, FALSE);
  if (!data) return;
  const PositionedFile file(to, true);
  file.resize(0);
  file.write({reinterpret_cast<const std::byte*>(data), std::size_t(bytes)}, 0);
}

void remove_with_sidecars(const std::string& path) noexcept {
  if (is_in_memory(path)) {
    VSIUnlink(path.c_str());
    VSIUnlink((path + kSidecar).c_str());
    return;
  }
  std::error_code ignored;
  for (const char* suffix : {"", ".aux.xml", ".ovr.tmp", ".msk.ovr.tmp"}) fs::remove(path + suffix, ignored);
}

}  // namespace

CogFile::CogFile(std::string path, WorkPlace work, ImageInfo info, Encoding encoding, CogOptions options)
    : path_(std::move(path)),
      info_(std::move(info)),
      encoding_(encoding),
      options_(options),
      layout_(layout_for(info_, encoding_, options_)),
      work_(ready_place(path_, std::move(work), layout_, options_)),
      unfinished_((work_.in_memory ? kInMemory : "") + work_.stem + ".unfinished.tif"),
      scratch_(work_, layout_, encoding_, options_.reduction) {
  register_drivers();
  require_compression(options_.compression);
}

CogFile::~CogFile() { remove_with_sidecars(unfinished_); }

void CogFile::build_cog(bool masked) const {
  const DatasetPtr pixels = open_dataset(scratch_.pixels_path(), GDAL_OF_RASTER, {"GTiff"}, "drivers");
  const DatasetPtr mask = masked ? open_dataset(scratch_.mask_path(), GDAL_OF_RASTER, {"GTiff"}, "drivers") : nullptr;
  const ThreadSetting internal_mask("GDAL_TIFF_INTERNAL_MASK", "YES");
  const ThreadSetting trusted("GDAL_VALIDATE_CREATION_OPTIONS", "NO");  // GDAL parses its own list for every file
  const GdalMessages messages;
  {
    const DatasetPtr described = virtual_copy(*pixels, mask.get(), info_, encoding_, options_.palette);
    const Size size = info_.grid.size();
    const bool is_plain = overview_count(size, options_) == 0;
    const GdalOptions options =
        is_plain ? plain_options(size, options_, encoding_.type) : cog_options(size, options_, masked);
    const DatasetPtr copy(
        gdal_driver(is_plain ? "GTiff" : "COG")
            .CreateCopy(unfinished_.c_str(), described.get(), FALSE, options.get(), nullptr, nullptr));
    if (!copy) throw Error(Fault::io, path_ + ": cannot be written: " + messages.text());
  }
  if (messages.failed()) throw Error(Fault::io, path_ + ": cannot be written: " + messages.text());
}

// Nothing but one image and tags that say the same for other files.
bool CogFile::fits_a_pattern(bool masked) const {
  const auto is_tag = [](const auto& item) { return item.first.starts_with("TIFFTAG_"); };  // tags of their own
  return is_in_memory(unfinished_) && !masked && !options_.palette && !holds_palette(info_, encoding_.type) &&
         overview_count(info_.grid.size(), options_) == 0 &&
         std::none_of(info_.metadata.begin(), info_.metadata.end(), is_tag);
}

// GDAL makes the first file of its kind, which shows what the others must say. Returns false where that is not enough.
bool CogFile::build_from_pattern() {
  const std::string storage = std::string(compression_name(options_.compression)) +
                              std::to_string(fitting_block(info_.grid.size(), options_.block_px));
  const auto pattern = pattern_like(pattern_key(info_, encoding_, storage), [&]() -> DatasetPtr {
    build_cog(false);
    const bool says_more = file_exists(unfinished_ + kSidecar);
    return says_more ? nullptr : open_dataset(unfinished_, GDAL_OF_RASTER, {"GTiff"}, "drivers");
  });
  if (!pattern) return false;
  try {
    made_ = pattern->write(info_.grid, layout_, scratch_.pixels());
  } catch (const Error& problem) {
    throw Error(problem.fault(), path_ + ": cannot be written: " + problem.what());
  }
  VSIUnlink(unfinished_.c_str());
  VSILFILE* file =
      VSIFileFromMemBuffer(unfinished_.c_str(), reinterpret_cast<GByte*>(made_.data()), made_.size(), FALSE);
  if (!file) throw Error(Fault::io, path_ + ": cannot be written: no room in memory");
  VSIFCloseL(file);
  return true;
}

// The pixels stay where they are; what is known of them is added.
void CogFile::finish_scratch() const {
  const GdalMessages messages;
  {
    const DatasetPtr file(GDALDataset::Open(scratch_.pixels_path().c_str(), GDAL_OF_RASTER | GDAL_OF_UPDATE));
    if (!file) throw Error(Fault::io, path_ + ": cannot be completed: " + messages.text());
    describe(*file, info_, encoding_);
  }
  if (messages.failed()) throw Error(Fault::io, path_ + ": cannot be completed: " + messages.text());
}

void CogFile::verify(const std::string& path) const {
  const DatasetPtr file = open_dataset(path, GDAL_OF_RASTER, {"GTiff"}, "drivers");
  const Size size{file->GetRasterXSize(), file->GetRasterYSize()};
  if (size != info_.grid.size() || file->GetRasterCount() != info_.band_count())
    throw Error(Fault::io, path_ + ": came out with another size than it was written with");
  const int overviews = overview_count(size, options_);
  if (file->GetRasterBand(1)->GetOverviewCount() != overviews)
    throw Error(Fault::io, path_ + ": came out without its overviews");
  if (!made_.empty()) return;  // every step was checked, and to decode a file of one block is to decode all of it
  const GdalMessages messages;
  double last = 0;
  for (int b = 1; b <= info_.band_count(); ++b)
    if (file->GetRasterBand(b)->RasterIO(GF_Read, size.width - 1, size.height - 1, 1, 1, &last, 1, 1, GDT_Float64, 0, 0,
                                         nullptr) != CE_None)
      throw Error(Fault::io, path_ + ": cannot be read back: " + messages.text());
}

// The sidecar goes first: whoever sees the image sees its class names.
void CogFile::publish(const std::string& ready) const {
  const bool in_memory = is_in_memory(ready);
  const std::string from = in_memory ? hidden_name(path_) : ready;
  try {
    if (in_memory) {
      remove_with_sidecars(from);  // what a lost program left
      bring_to_disk(ready, from);
      bring_to_disk(ready + kSidecar, from + kSidecar);
    }
    sync(from);
    std::error_code ignored;
    if (fs::exists(from + kSidecar, ignored)) {
      sync(from + kSidecar);
      move_file(from + kSidecar, path_ + kSidecar);
    } else {
      fs::remove(path_ + kSidecar, ignored);
    }
    move_file(from, path_);
  } catch (...) {
    remove_with_sidecars(from);
    throw;
  }
  sync(parent_of(path_));
}

Record CogFile::finish() {
  const EncodingCounts counts = scratch_.counts();
  if (counts.total != info_.grid.window().area())
    throw Error(Fault::internal, path_ + ": " + std::to_string(counts.total) + " of " +
                                     std::to_string(info_.grid.window().area()) + " pixels were written");
  scratch_.complete();
  const bool masked = is_masked(counts);
  // A mask and a palette need a file of another layout.
  const bool has_palette = options_.palette || holds_palette(info_, encoding_.type);
  const bool in_place = options_.compression == Compression::none && !masked && !has_palette;
  if (in_place)
    finish_scratch();
  else if (!fits_a_pattern(masked) || !build_from_pattern())
    build_cog(masked);
  const std::string& ready = in_place ? scratch_.pixels_path() : unfinished_;
  verify(ready);
  publish(ready);
  scratch_.remove_files();
  return facts(counts);
}

Record CogFile::facts(const EncodingCounts& counts) const {
  Record r{{"path", path_},
           {"width", std::int64_t(info_.grid.width)},
           {"height", std::int64_t(info_.grid.height)},
           {"bytes", std::int64_t(fs::file_size(path_))},
           {"clipped", counts.clipped},
           {"nudged", counts.nudged},
           {"valid_fraction", double(counts.valid) / double(counts.total)}};
  const double clipped = double(counts.clipped) / (double(counts.valid) * info_.band_count());
  if (counts.valid == 0)
    r.set("warning", std::string("holds no valid pixel"));
  else if (clipped > kManyClipped)
    r.set("warning", std::to_string(std::lround(100 * clipped)) + " % of the samples lie beyond the sample type " +
                         name_of(encoding_.type) + " and were clipped; choose another type");
  return r;
}

}  // namespace nadir
