// Accuracy on survey features that were kept out of training, feature by feature.
#pragma once

#include <string>
#include <vector>

#include "stages/metrics/confusion.h"
#include "stages/segmentation/samples.h"

namespace nadir {

/// The pixels of one survey feature, as far as folds care.
struct FoldGroup {
  std::uint16_t label = 0;
  std::int64_t pixels = 0;
};

/// Fold of every group, stratified: each class's groups go, largest first, to the fold that has the fewest of its
/// pixels, starting at a random fold. -1: the only group of its class is never held out.
std::vector<int> assign_folds(const std::vector<FoldGroup>& groups, int folds, std::uint64_t seed);

struct ValidationPlan {
  ForestParams forest;
  int folds = 5;
  int repeats = 3;
  std::size_t max_samples_per_class = 2000;
  std::uint64_t seed = 0;
};

struct Validation {
  Confusion confusion;             ///< pooled over folds and repeats
  std::vector<Cluster> clusters;   ///< by survey feature, pooled over repeats
  std::vector<std::string> never;  ///< classes with a single feature, never held out
};

/// Trains folds x repeats forests, each without one fold, and classifies the pixels of that fold.
Validation cross_validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes,
                          const ValidationPlan& plan, Exec& exec);

}  // namespace nadir
