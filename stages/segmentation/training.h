// One door to all trainers.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/forest_training.h"
#include "stages/segmentation/network_training.h"
#include "stages/segmentation/svm.h"

namespace nadir {

enum class Method {
  random_forest,
  maximum_likelihood,
  network,
  svm,
  committee,  ///< forest and network
  automatic   ///< the committee, or another that suits the survey clearly better, see choose_method()
};

struct TrainingPlan {
  Method method = Method::random_forest;
  ForestParams forest;
  NetworkParams network;
  SvmParams svm;
  double shrinkage = 0;  ///< of maximum likelihood
};

/// A classifier of the stated kind; depends on the set, the plan and the seed alone.
std::shared_ptr<Classifier> train_classifier(const TrainingSet& set, const FeatureSpec& spec,
                                             const std::vector<ClassInfo>& classes, const TrainingPlan& plan,
                                             std::uint64_t seed, Exec& exec);

/// What a classifier makes of rows whose class may be known.
struct Verdicts {
  std::vector<std::uint16_t> winners;  ///< index of the class
  std::vector<float> own;  ///< probability of the class that the row has, 0 where the classifier has none such
};

/// Rows of the set; class k of the classifier is label_of[k] in the set, and in the answer.
Verdicts classify_rows(const Classifier& classifier, const TrainingSet& set, const std::vector<std::size_t>& rows,
                       const std::vector<std::uint16_t>& label_of);

}  // namespace nadir
