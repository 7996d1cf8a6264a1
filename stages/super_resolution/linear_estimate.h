// The linear estimate of the fine image: what the observation says where the noise hides all structure.
#pragma once

#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

/// x as the sum of 9 x 9 coarse samples whose mean squared error is least (ordinary kriging; Cressie, Statistics for
/// Spatial Data, 1993, section 3.2), for images whose covariance is 170 exp(-d / 30) at a distance of d fine pixels
/// (8-bit units; found on the training images) and white noise of the given standard deviation. 81 operations a fine
/// sample.
class LinearEstimate {
 public:
  static constexpr int kReach = 4;  ///< coarse samples on each side

  LinearEstimate(const Observation& observation, double noise);

  /// Band b of `coarse`, which must hold kReach samples beyond those that the fine window lies in, to the only band of
  /// `fine`.
  void apply(Exec& exec, ConstTileView coarse, int b, TileView fine) const;

 private:
  int scale_;
  std::vector<float> weights_;  ///< 81 of each phase, row by row
};

/// Band b of x := e + (x - e) E / (E + doubt^2), where e is the linear estimate from the coarse image, dense at (0, 0),
/// for noise of 1.5 doubt, and E the mean of (x - e)^2 around each sample (Gaussian of 4 fine pixels): detail that is
/// not above what the noise leaves is as likely wrong as right. Grey levels of 8 bits.
void doubt_detail(Exec& exec, const Observation& observation, ConstTileView coarse, int b, float doubt, TileView x);

}  // namespace nadir
