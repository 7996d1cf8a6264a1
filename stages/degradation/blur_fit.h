// The blur that explains a power spectrum.
#pragma once

#include <vector>

#include "stages/degradation/power_spectrum.h"

namespace nadir {

/// What a spectrum was found to be: strength f^-exponent exp(-4 pi^2 sigma^2 f^2), with its aliases, + noise^2.
struct BlurFit {
  double sigma_px = 0;  ///< of the Gaussian, in pixels of the image
  double exponent = 0;  ///< how the power of the scene falls; 2 where edges make it
  double noise = 0;     ///< standard deviation, units of the samples
  double misfit = 0;    ///< root mean square of (power - model) / power over the rings
};

/// Power spectra of natural scenes fall as a power of frequency over many octaves, because scenes look alike at all
/// scales (Field, Journal of the Optical Society of America A 4, 1987; Ruderman and Bialek, Physical Review Letters 73,
/// 1994). A Gaussian point spread function bends them down, what sampling folds back and noise bend them up: three
/// shapes that the rings tell apart. Least squares of relative errors over a grid of sigma and exponent, linear in the
/// other two; exponents far from the usual 2.2 count as errors too.
class BlurModel {
 public:
  /// For spectra of windows of n x n samples.
  explicit BlurModel(int n);
  /// `power` must be positive in all rings that windows of n x n samples reach. About 10^5 operations.
  BlurFit fit(const RingPower& power, double least_noise) const;

  static constexpr double kNarrowest = 0.1;  ///< sigma, px
  static constexpr double kWidest = 2.0;

 private:
  std::vector<int> rings_;    ///< that frequencies lie in
  std::vector<double> mean_;  ///< of the model with strength 1, by sigma, exponent, ring
};

}  // namespace nadir
