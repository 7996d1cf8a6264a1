// How the pixels of a reference lie in those of an image.
#pragma once

#include "pipeline/backend/exec.h"
#include "pipeline/core/image.h"
#include "stages/alignment/alignment_ops.h"

namespace nadir {

/// A reference with the image's pixel size is read as it is, its origin being off by a fraction of a pixel; one with
/// other pixels (up to 16 times finer, rotated, …) is resampled, antialiased, to the image's pixels.
class ReferenceLattice {
 public:
  /// Throws Error(Fault::data) when the reference systems differ or the two do not overlap.
  ReferenceLattice(const ImageInfo& image, const ImageInfo& reference);

  /// The part of the image's pixels that the reference covers.
  const Window& overlap() const { return overlap_; }
  /// Where the samples read for pixel (0, 0) of the image really lie, px of the image; 0 when resampled.
  const Point& fraction() const { return fraction_; }
  /// The window of the reference for a window of the image.
  Window source(const Window& window) const;
  /// The reference over a window of the image. `reference` holds source(window).
  Tile read(const Window& window, ConstTileView reference, Exec& exec) const;

 private:
  Size size_;
  Window overlap_;
  bool resampled_ = false;
  int offset_x_ = 0;
  int offset_y_ = 0;
  Point fraction_;
  WarpPlan plan_;
};

}  // namespace nadir
