// Accuracy on survey features that were kept out of training, feature by feature.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/survey.h"
#include "stages/metrics/confusion.h"
#include "stages/segmentation/folds.h"
#include "stages/segmentation/samples.h"
#include "stages/segmentation/training.h"

namespace nadir {

struct ValidationPlan {
  TrainingPlan training;
  int folds = 5;
  int repeats = 3;
  std::size_t max_samples_per_class = 2000;
  Sampling sampling = Sampling::random;
  std::uint64_t seed = 0;
};

struct Validation {
  Confusion confusion;                     ///< pooled over folds and repeats
  std::vector<Cluster> clusters;           ///< by survey feature, pooled over repeats
  std::vector<double> likelihood;          ///< by survey feature: mean logarithm of the true class's probability
  std::vector<std::string> never;          ///< classes with a single feature, never held out
  std::vector<std::int32_t> features;      ///< indices into Survey::features, by group
  std::vector<std::vector<double>> folds;  ///< by repeat, then by group: its fold, -1 never held out
  std::vector<double> accuracies;          ///< by repeat
};

/// Trains folds x repeats classifiers, each without one fold, and classifies the pixels of that fold; those that count
/// half or less are not judged, as they are mostly something else.
Validation cross_validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes,
                          const ValidationPlan& plan, Exec& exec);

/// What a model tells of it: rates and intervals, if anything could be held out, and which feature was in which fold.
Record facts_of(const Validation& v, const ValidationPlan& plan, const Survey& survey);

}  // namespace nadir
