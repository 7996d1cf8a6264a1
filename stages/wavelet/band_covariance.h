// How the bands of an image vary together.
#pragma once

#include <vector>

#include "pipeline/core/view.h"

namespace nadir {

/// Mean and covariance of the bands over every fourth pixel and row, where all bands are valid and finite.
class BandCovariance {
 public:
  BandCovariance() = default;
  /// Of one block; pixels are counted from the scene's first, so that blocks of a scene make the scene.
  explicit BandCovariance(ConstTileView in);
  void add(const BandCovariance& o);
  /// Rows of the covariance matrix; zeros where there is no pixel.
  std::vector<std::vector<double>> matrix(int bands) const;

 private:
  double count_ = 0;
  std::vector<double> mean_;      ///< of each band
  std::vector<double> products_;  ///< summed products of deviations from the means, row by row
};

}  // namespace nadir
