// Training of random forests, by OpenCV.
#pragma once

#include <cstdint>
#include <span>

#include "pipeline/backend/exec.h"
#include "stages/segmentation/forest.h"

namespace nadir {

/// Pixels with known class: `values` holds a row of features for each.
struct TrainingSet {
  int features = 0;
  std::vector<float> values;
  std::vector<std::uint16_t> labels;  ///< index of the class

  std::size_t size() const { return labels.size(); }
};

struct ForestParams {
  int trees = 100;
  int max_depth = 16;
  int min_samples = 1;  ///< nodes with no more samples than this become leaves
};

/// The trees of a random forest (Breiman, Machine Learning 45, 2001): every tree grows on a bootstrap sample, every
/// decision is the best of round(sqrt(features)) drawn features by Gini impurity. Trees are grown in bundles that have
/// their own random numbers, so the result depends on the seed alone, not on threads.
std::vector<Tree> train_forest(const TrainingSet& set, const ForestParams& params, std::uint64_t seed, Exec& exec);

/// The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) over a chain of numbers: counter-based random bits.
std::uint64_t mix(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);

}  // namespace nadir
