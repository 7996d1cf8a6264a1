// A GeoTIFF in the making: tiles go to an uncompressed scratch file, and only a complete, checked file gets the final
// name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "io/cog_options.h"
#include "io/scratch_tiff.h"
#include "pipeline/core/value.h"

namespace nadir {

/// Compressed, a Cloud Optimized GeoTIFF, copied from the scratch file in one pass whose result depends on the pixels
/// alone. Uncompressed, the scratch file itself, so that nothing is written twice: tiles band by band, with overviews.
class CogFile {
 public:
  CogFile(std::string path, WorkPlace work, ImageInfo info, Encoding encoding, CogOptions options);
  /// Leaves nothing behind when finish() was not reached, but what a later run can go on with.
  ~CogFile();
  CogFile(const CogFile&) = delete;
  CogFile& operator=(const CogFile&) = delete;

  /// Safe from many threads.
  void write(ConstTileView tile) { scratch_.write(tile); }
  bool holds(const Window& window) const { return scratch_.holds(window); }
  /// Facts for the report: path, width, height, bytes, clipped, nudged, valid_fraction, and a warning where no pixel is
  /// valid or many samples were clipped.
  Record finish();

 private:
  bool is_masked(const EncodingCounts& counts) const { return !encoding_.nodata && counts.valid < counts.total; }
  void build_cog(bool masked) const;
  bool fits_a_pattern(bool masked) const;
  bool build_from_pattern();
  void finish_scratch() const;
  void verify(const std::string& path) const;
  void publish(const std::string& from) const;
  Record facts(const EncodingCounts& counts) const;

  std::string path_;
  ImageInfo info_;
  Encoding encoding_;
  CogOptions options_;
  TiffLayout layout_;
  WorkPlace work_;
  std::string unfinished_;  ///< where GDAL makes the file: in the working folder, or in memory
  ScratchTiff scratch_;
  std::vector<std::byte> made_;  ///< the file, where it was not GDAL that made it
};

}  // namespace nadir
