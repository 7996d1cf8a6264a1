// A property that interpolation weights should have, whatever kernel they come from.
#pragma once

#include <cmath>
#include <vector>

namespace nadir {

/// Makes weights at distances d, d + 1, … from the place asked for sum up to 1 and lie centred on that place, so that
/// constants and ramps come out exact. Lanczos and widened kernels miss that by up to 0.03 samples, which is a shift of
/// the image. What is missing is spread in proportion to the squares of the weights: least where the kernel ends.
inline void centre_weights(std::vector<double>& weights, double d) {
  double sum = 0;
  for (const double w : weights) sum += w;
  double moment = 0, square = 0, square_d = 0, square_dd = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double w = weights[j] /= sum;
    const double at = d + double(j);
    moment += w * at;
    square += w * w;
    square_d += w * w * at;
    square_dd += w * w * at * at;
  }
  const double spread = square_dd - square_d * square_d / square;
  if (spread < 1e-9) return;  // one sample has all the weight
  const double slope = -moment / spread;
  const double level = -slope * square_d / square;
  for (std::size_t j = 0; j < weights.size(); ++j)
    weights[j] += weights[j] * weights[j] * (level + slope * (d + double(j)));
}

}  // namespace nadir
