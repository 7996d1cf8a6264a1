// A place that was found in two images.
#pragma once

#include <vector>

#include "pipeline/core/grid.h"

namespace nadir {

/// One pair of places, in pixels of the image that is aligned, (0, 0) at the upper-left corner of its first pixel.
struct TiePoint {
  Point at;           ///< where the reference says that it lies: a place of the aligned image
  Point moved;        ///< the way from there to where the image shows it
  double sigma = 1;   ///< expected error of `moved` along an axis, px, up to a common factor
  double score = 0;   ///< normalised correlation there, -1 … 1
  double second = 0;  ///< of the next best peak
  int cell = 0;       ///< place in the grid of tie points
  int band = 0;
  double weight = 0;  ///< of the final fit, 0 … 1; 0: rejected
  Point residual;     ///< moved - fitted
};

using TiePoints = std::vector<TiePoint>;

}  // namespace nadir
