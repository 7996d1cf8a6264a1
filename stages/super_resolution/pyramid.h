// An image above its downscaled copies, so that patches of other scales can be compared and grouped with its own.
#pragma once

#include <span>
#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

/// Where a block begins in the scene, fine pixels.
struct Origin {
  int x = 0;
  int y = 0;
};

/// One axis of a downscaling: output i is the weighted sum of eight samples.
struct DownscaleTable {
  static constexpr int kTaps = 8;
  struct Entry {
    int index[kTaps];
    float weight[kTaps];
  };
  std::vector<Entry> entries;
};

/// Where the copies lie: below the image and below each other, all with the row stride of the image. So one index
/// names a patch of any scale.
class PyramidLayout {
 public:
  struct Level {
    float factor;  ///< 1 for the image itself
    int width, height;
    int top;               ///< first row
    int first_x, first_y;  ///< of its pixels in the copy of the whole scene
    DownscaleTable columns, rows;
  };

  /// Copies smaller than `least` pixels are left out. The image's first pixel is pixel `origin` of the scene, to which
  /// everything is anchored, so that overlapping images have the same copies where they overlap.
  PyramidLayout(Size size, std::span<const float> factors, int least, Origin origin = {});

  Origin origin() const { return origin_; }
  Size size() const { return {stride_, levels_[0].height}; }
  int stride() const { return stride_; }
  const std::vector<Level>& levels() const { return levels_; }
  /// Samples of image and copies, with what vectors may read beyond the end.
  std::size_t samples() const;

  /// Fills the copies from the image above them: x after a Gaussian of sigma 0.45 sqrt(f^2 - 1), bilinear at
  /// (i + 1/2) f - 1/2 of the scene, mirrored at the edges.
  void fill_copies(const Exec& exec, std::vector<float>& pyramid) const;

 private:
  int stride_;
  Origin origin_;
  std::vector<Level> levels_;
};

}  // namespace nadir
