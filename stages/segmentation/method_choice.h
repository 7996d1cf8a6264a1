// Which kind of classifier suits a survey.
#pragma once

#include "stages/segmentation/training.h"

namespace nadir {

struct MethodChoice {
  Method method = Method::random_forest;
  std::vector<std::string> tried;
  std::vector<double> accuracies;  ///< of each, on features that it was not trained on
};

/// The method whose classifiers, of all but plan.method's parameters, are right most often on held-out survey features
/// (TrainingSet::groups; pixels on their own without): three folds, each held out once, the same for all methods; of
/// equals the first tried. Looks at the set alone, so a cross-validation around it stays honest.
MethodChoice choose_method(const TrainingSet& set, const std::vector<ClassInfo>& classes, const TrainingPlan& plan,
                           std::uint64_t seed, Exec& exec);

}  // namespace nadir
