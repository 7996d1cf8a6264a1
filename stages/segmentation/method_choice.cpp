// Cross-validation of all methods within a training set.
#include "stages/segmentation/method_choice.h"

#include <limits>
#include <numeric>
#include <utility>

#include "stages/segmentation/cross_validation.h"

namespace nadir {
namespace {

constexpr int kFolds = 3;
constexpr int kTrees = 50;

constexpr std::pair<Method, const char*> kCandidates[]{{Method::random_forest, "random_forest"},
                                                       {Method::maximum_likelihood, "maximum_likelihood"},
                                                       {Method::network, "network"},
                                                       {Method::svm, "svm"},
                                                       {Method::committee, "committee"}};

}  // namespace

MethodChoice choose_method(const TrainingSet& set, const std::vector<ClassInfo>& classes, const TrainingPlan& plan,
                           std::uint64_t seed, Exec& exec) {
  LabelledPixels pixels{set, std::vector<std::uint64_t>(set.size())};
  if (set.groups.empty()) {
    pixels.set.groups.resize(set.size());
    std::iota(pixels.set.groups.begin(), pixels.set.groups.end(), 0);
  }
  ValidationPlan trial{plan, kFolds, 1, std::numeric_limits<std::size_t>::max(), Sampling::random, seed};
  trial.training.forest.trees = std::min(plan.forest.trees, kTrees);
  MethodChoice choice;
  double best = -1;
  for (const auto& [method, name] : kCandidates) {
    trial.training.method = method;
    const double accuracy = overall_accuracy(cross_validate(pixels, classes, trial, exec).confusion);
    choice.tried.emplace_back(name);
    choice.accuracies.push_back(accuracy);
    if (accuracy > best) best = accuracy, choice.method = method;
  }
  return choice;
}

}  // namespace nadir
