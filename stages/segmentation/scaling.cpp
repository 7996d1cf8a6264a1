// Means and spreads of features.
#include "stages/segmentation/scaling.h"

#include <cmath>

namespace nadir {

Scaling scaling_of(const TrainingSet& set) {
  Scaling s;
  const double n = double(set.size());
  for (int f = 0; f < set.features; ++f) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < set.size(); ++i) sum += double(set.row(i)[f]);
    const double mean = sum / n;
    for (std::size_t i = 0; i < set.size(); ++i) squares += std::pow(double(set.row(i)[f]) - mean, 2);
    const double deviation = std::sqrt(squares / n);
    s.mean.push_back(float(mean));
    s.inverse.push_back(deviation > 1e-6 * std::abs(mean) ? float(1 / deviation) : 0.0f);
  }
  return s;
}

TrainingSet scaled(const TrainingSet& set, const Scaling& scaling) {
  TrainingSet result = set;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const std::size_t f = i % std::size_t(set.features);
    result.values[i] = (result.values[i] - scaling.mean[f]) * scaling.inverse[f];
  }
  return result;
}

}  // namespace nadir
