// Uncompressed images in local files, read by position; no library in between.
#pragma once

#include <memory>

#include "io/block_table.h"
#include "io/raster_layout.h"
#include "io/sample_rows.h"

namespace nadir {

/// An open file, closed at the end.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

class RawImage {
 public:
  /// Null where the file is not plain: not a local GeoTIFF, compressed, of the other byte order, of samples that are no
  /// whole bytes, cut off. Such files go the general way.
  static std::unique_ptr<RawImage> find(GDALDataset& dataset, const RasterLayout& layout, const RasterChoice& choice);

  /// Samples, nodata and alpha of a window of the file, for an `out` of the same size. Safe from many threads.
  void read(const Window& file, TileView out) const;

  /// A pixel row of the first block that is stored, for comparing with what GDAL makes of it; empty when none is.
  Window probe() const;

 private:
  RawImage(RasterChoice choice, int file, BlockTable table, SampleType type);
  void read_plane(int plane, const Window& file, TileView out, std::byte* buffer) const;
  StoredPixels fetch(const BlockPiece& piece, std::byte* buffer) const;

  RasterChoice choice_;
  FileDescriptor file_;
  BlockTable table_;
  SampleType type_;
  std::vector<std::vector<StoredBand>> planes_;  ///< the bands to decode
  std::vector<std::byte> empty_pixel_;           ///< what blocks hold that are not stored, all planes together
};

}  // namespace nadir
