// Where everything lies in an uncompressed tiled BigTIFF, decided before the first pixel is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/core/image.h"
#include "pipeline/files/block_plane.h"

namespace nadir {

/// One full image and its reduced ones (each half the size of the one before, rounded up), bands apart from each other
/// (PlanarConfiguration 2), tiles in row order. TIFF 6.0, and the BigTIFF extension of libtiff.
class TiffLayout {
 public:
  struct Spec {
    Size size;
    int bands = 1;
    SampleType type = SampleType::u8;
    int block = 512;     ///< edge of a tile, a multiple of 16
    int reductions = 0;  ///< number of reduced images
    bool rgb = false;    ///< the first three bands are red, green and blue
  };
  explicit TiffLayout(const Spec& spec);

  /// Reduced images and the full one, which is level 0.
  int levels() const { return int(sizes_.size()); }
  int bands() const { return spec_.bands; }
  SampleType type() const { return spec_.type; }
  BlockPlane plane(int level, int band) const;
  /// What the file starts with: header, directories, and the places of all tiles.
  const std::vector<std::byte>& head() const { return head_; }
  std::uint64_t file_bytes() const;

 private:
  std::uint64_t plane_bytes(int level) const;

  Spec spec_;
  std::vector<Size> sizes_;
  std::vector<std::uint64_t> origins_;
  std::vector<std::byte> head_;
};

}  // namespace nadir
