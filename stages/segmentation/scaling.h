// Bringing features to zero mean and unit spread.
#pragma once

#include <vector>

#include "stages/segmentation/training_set.h"

namespace nadir {

/// z = (x - mean) * inverse, by feature; a constant feature becomes 0.
struct Scaling {
  std::vector<float> mean;
  std::vector<float> inverse;  ///< 1 / standard deviation
};

Scaling scaling_of(const TrainingSet& set);
TrainingSet scaled(const TrainingSet& set, const Scaling& scaling);

}  // namespace nadir
