// Training of random forests, by OpenCV.
#pragma once

#include <cstdint>

#include "pipeline/backend/exec.h"
#include "stages/segmentation/forest_nodes.h"
#include "stages/segmentation/training_set.h"

namespace cv::ml {
class RTrees;
}

namespace nadir {

struct ForestParams {
  int trees = 100;
  int max_depth = 16;
  int min_samples = 1;  ///< nodes with no more samples than this become leaves
};

/// The trees of a random forest (Breiman, Machine Learning 45, 2001): every tree grows on a bootstrap sample, every
/// decision is the best of round(sqrt(features)) drawn features by Gini impurity. Trees are grown in bundles that have
/// their own random numbers, so the result depends on the seed alone, not on threads. Of a weighted set a bundle of ten
/// trees sees each pixel with the probability of its weight.
std::vector<Tree> train_forest(const TrainingSet& set, const ForestParams& params, std::uint64_t seed, Exec& exec);

/// The trees of a forest that OpenCV has trained.
std::vector<Tree> flat_trees(const cv::ml::RTrees& forest);

}  // namespace nadir
