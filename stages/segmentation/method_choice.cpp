// Cross-validation of all methods within a training set.
#include "stages/segmentation/method_choice.h"

#include <cmath>
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

// By how much the log likelihood of held-out features is above another method's.
struct Lead {
  double likelihood = 0;  ///< the mean itself
  double mean = 0;
  double error = 0;  ///< standard error of `mean`
};

Lead lead_of(const Validation& mine, const Validation& other) {
  Lead lead;
  double count = 0, squares = 0;
  for (std::size_t f = 0; f < mine.clusters.size(); ++f) {
    if (mine.clusters[f].samples == 0) continue;
    const double difference = mine.likelihood[f] - other.likelihood[f];
    ++count;
    lead.likelihood += mine.likelihood[f];
    lead.mean += difference;
    squares += difference * difference;
  }
  if (count == 0) return lead;
  lead.likelihood /= count;
  lead.mean /= count;
  lead.error = std::sqrt(std::max(0.0, squares / count - lead.mean * lead.mean) / count);
  return lead;
}

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
  const auto validation = [&](Method method) {
    trial.training.method = method;
    return cross_validate(pixels, classes, trial, exec);
  };
  MethodChoice choice{Method::committee, {}, {}, {}};
  const Validation committee = validation(Method::committee);
  double best = 0;
  for (const auto& [method, name] : kCandidates) {
    if (method == Method::svm && !set.weights.empty()) continue;  // OpenCV's knows no weights
    const Validation v = method == Method::committee ? committee : validation(method);
    const Lead lead = lead_of(v, committee);
    choice.tried.emplace_back(name);
    choice.accuracies.push_back(overall_accuracy(v.confusion));
    choice.likelihoods.push_back(lead.likelihood);
    const bool is_better = lead.mean > lead.error && v.confusion.correct() > committee.confusion.correct();
    if (is_better && lead.mean > best) best = lead.mean, choice.method = method;
  }
  return choice;
}

}  // namespace nadir
