// Images that need GDAL to decode them: by groups of blocks, each decoded once for all tiles and threads.
#pragma once

#include <vector>

#include "io/block_cache.h"
#include "io/dataset_pool.h"
#include "io/sample_rows.h"

namespace nadir {

class DecodedImage {
 public:
  DecodedImage(DatasetPool& pool, const RasterLayout& layout);
  ~DecodedImage();
  DecodedImage(const DecodedImage&) = delete;
  DecodedImage& operator=(const DecodedImage&) = delete;

  /// Samples, nodata and alpha of a window of the file, for an `out` of the same size. Safe from many threads.
  void read(const Window& file, TileView out) const;
  /// Takes validity away where a mask of the file is 0.
  void read_mask(const Window& file, MaskView valid) const;
  bool has_mask() const { return !masks_.empty(); }

 private:
  // Bands that are decoded together, because they are stored together.
  struct Plane {
    std::vector<int> numbers;       ///< in the file
    std::vector<StoredBand> bands;  ///< what becomes of them; their offsets are set for each group of blocks
    Size group;                     ///< pixels decoded at once, whole blocks
  };
  template <class Use>
  void for_each_group(int plane, const Window& file, const Use& use) const;
  void group_bands(GDALDataset& dataset, const RasterLayout& layout);
  std::int64_t pixel_bytes(int plane) const;
  void load(int plane, const Window& window, std::byte* to) const;
  void load_samples(GDALDataset& dataset, const Plane& plane, const Window& window, std::byte* to) const;
  void load_mask(GDALDataset& dataset, const Window& window, std::byte* to) const;
  [[noreturn]] void fail(int band, const Window& window, const GdalMessages& messages) const;
  int mask_plane() const { return int(planes_.size()) - 1; }

  DatasetPool& pool_;
  std::vector<int> masks_;
  SampleType type_;
  Size image_;
  std::vector<Plane> planes_;  ///< the last one is the mask
  std::uint64_t id_;
};

}  // namespace nadir
