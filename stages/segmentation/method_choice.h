// Which kind of classifier suits a survey.
#pragma once

#include "stages/segmentation/training.h"

namespace nadir {

struct MethodChoice {
  Method method = Method::random_forest;
  std::vector<std::string> tried;
  std::vector<double> accuracies;   ///< of each, on features that it was not trained on
  std::vector<double> likelihoods;  ///< mean over features of Validation::likelihood
};

/// The committee, unless another method, of all but plan.method's parameters, is better by more than chance on held-out
/// survey features (TrainingSet::groups; pixels on their own without), in three folds, the same for all methods: right
/// more often, and in the mean over features of the log likelihood ahead by more than the standard error of that
/// difference, as in the one-standard-error rule of Breiman et al. (Classification and Regression Trees, 1984, 3.4.3).
/// Accuracy alone is too coarse a judge where features are few, likelihood alone would prefer votes of 1 to shares of
/// 0.99. Looks at the set alone, so a cross-validation around it stays honest.
MethodChoice choose_method(const TrainingSet& set, const std::vector<ClassInfo>& classes, const TrainingPlan& plan,
                           std::uint64_t seed, Exec& exec);

}  // namespace nadir
