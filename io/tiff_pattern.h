// Small GeoTIFFs that differ from one that GDAL made in their pixels and their place only, written through libtiff:
// making sense of the same description for every scene of a folder takes GDAL longer than writing the pixels.
#pragma once

#include <gdal_priv.h>
#include <tiffio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/tiff_layout.h"
#include "pipeline/core/grid.h"

namespace nadir {

/// How the samples of a file are stored and what is said about them, as tags.
class TiffPattern {
 public:
  /// Of a file without overviews, mask and palette, bands interleaved by pixel. None for other files, and where GDAL
  /// brings a libtiff of its own.
  static std::optional<TiffPattern> of(GDALDataset& file);

  /// A whole file: the directory first, then its tiles in row order, compressed as the pattern's (zstd with level 1).
  /// `scratch` holds uncompressed samples as `layout` says, whose tiles have the size of the pattern's. Throws
  /// Error(Fault::io) with libtiff's words.
  std::vector<std::byte> write(const Grid& grid, const TiffLayout& layout, std::span<const std::byte> scratch) const;

 private:
  void describe(TIFF* file, const Grid& grid) const;

  std::uint16_t compression_ = 1;
  std::uint16_t predictor_ = 1;
  std::uint16_t photometric_ = 1;
  std::uint16_t bits_ = 8;
  std::uint16_t sample_format_ = 1;
  std::uint16_t bands_ = 1;
  std::uint32_t block_ = 0;
  std::vector<std::uint16_t> extra_samples_;
  std::vector<std::uint16_t> geo_keys_;
  std::vector<double> geo_doubles_;
  std::string geo_text_;
  std::string metadata_;  ///< GDAL's XML
  std::string nodata_;
  bool located_ = false;
};

}  // namespace nadir
