// A Cloud Optimized GeoTIFF in the making: tiles go to an uncompressed scratch file, and only a complete, checked file
// gets the final name.
#pragma once

#include <mutex>
#include <string>

#include "io/encode.h"
#include "io/gdal_handle.h"
#include "pipeline/core/value.h"

namespace nadir {

enum class Compression { zstd, deflate, lzw, none };

struct CogOptions {
  Compression compression = Compression::zstd;
  int block_px = 512;
  bool overviews = true;
  const char* resampling = "AVERAGE";  ///< of overviews
  bool palette = false;                ///< info.classes become colour table, category names and attribute table
};

class CogFile {
 public:
  /// `name` tells scratch files in work_dir apart.
  CogFile(std::string path, std::string work_dir, const std::string& name, ImageInfo info, Encoding encoding,
          CogOptions options);
  /// Leaves nothing behind when finish() was not reached.
  ~CogFile();
  CogFile(const CogFile&) = delete;
  CogFile& operator=(const CogFile&) = delete;

  const Encoding& encoding() const { return encoding_; }
  /// Safe from many threads.
  void write(const EncodedTile& tile);
  /// Facts for the report: path, width, height, bytes, clipped, nudged, valid_fraction.
  Record finish();

 private:
  bool keeps_mask() const { return !encoding_.nodata.has_value(); }
  void write_band(GDALDataset& to, const EncodedTile& tile, void* samples, int bands, GDALDataType type);
  void close_scratch();
  void check_complete() const;
  void build() const;
  void verify() const;
  void publish() const;
  void remove_work_files() const noexcept;

  std::string path_;
  std::string scratch_;
  std::string scratch_mask_;
  std::string unfinished_;
  ImageInfo info_;
  Encoding encoding_;
  CogOptions options_;
  std::mutex mutex_;
  DatasetPtr pixels_;
  DatasetPtr mask_;
  EncodingCounts counts_;
};

}  // namespace nadir
