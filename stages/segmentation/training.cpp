// Which trainer a method takes.
#include "stages/segmentation/training.h"

#include <algorithm>

#include "stages/segmentation/committee.h"
#include "stages/segmentation/forest.h"
#include "stages/segmentation/gaussian.h"
#include "stages/segmentation/method_choice.h"
#include "stages/segmentation/mix.h"

namespace nadir {
namespace {

constexpr std::size_t kRun = 256;  // rows that are classified together

std::shared_ptr<Classifier> trained_network(const TrainingSet& set, const FeatureSpec& spec,
                                            const std::vector<ClassInfo>& classes, const NetworkParams& params,
                                            std::uint64_t seed) {
  TrainedNetwork trained = train_network(set, classes.size(), params, seed);
  auto network = std::make_shared<NetworkClassifier>(spec, classes, std::move(trained.network));
  Record facts{{"steps", std::int64_t(trained.steps)}};
  if (trained.validation_accuracy > 0) facts.set("validation_accuracy", trained.validation_accuracy);
  network->set_facts(std::move(facts));
  return network;
}

std::shared_ptr<Classifier> trained_committee(const TrainingSet& set, const FeatureSpec& spec,
                                              const std::vector<ClassInfo>& classes, TrainingPlan plan,
                                              std::uint64_t seed, Exec& exec) {
  std::vector<std::shared_ptr<Classifier>> members;
  Record facts;
  for (const Method method : {Method::random_forest, Method::network}) {
    plan.method = method;
    members.push_back(train_classifier(set, spec, classes, plan, seed, exec));
    for (const auto& [name, value] : members.back()->facts().fields()) facts.set(name, value);
  }
  auto committee = std::make_shared<Committee>(spec, classes, std::move(members));
  committee->set_facts(std::move(facts));
  return committee;
}

std::shared_ptr<Classifier> trained_best(const TrainingSet& set, const FeatureSpec& spec,
                                         const std::vector<ClassInfo>& classes, TrainingPlan plan, std::uint64_t seed,
                                         Exec& exec) {
  const MethodChoice choice = choose_method(set, classes, plan, mix(seed, 4), exec);
  plan.method = choice.method;
  auto best = train_classifier(set, spec, classes, plan, seed, exec);
  Record facts = best->facts();
  facts.set("tried", choice.tried);
  facts.set("tried_accuracy", choice.accuracies);
  facts.set("tried_log_likelihood", choice.likelihoods);
  best->set_facts(std::move(facts));
  return best;
}

}  // namespace

std::shared_ptr<Classifier> train_classifier(const TrainingSet& set, const FeatureSpec& spec,
                                             const std::vector<ClassInfo>& classes, const TrainingPlan& plan,
                                             std::uint64_t seed, Exec& exec) {
  switch (plan.method) {
    case Method::random_forest:
      return std::make_shared<Forest>(spec, classes, train_forest(set, plan.forest, seed, exec), set.values);
    case Method::maximum_likelihood:
      return std::make_shared<GaussianClassifier>(
          spec, classes, set.features, fit_gaussian(set, classes.size(), plan.shrinkage), GaussianKind::likelihood);
    case Method::network: return trained_network(set, spec, classes, plan.network, seed);
    case Method::committee: return trained_committee(set, spec, classes, plan, seed, exec);
    case Method::automatic: return trained_best(set, spec, classes, plan, seed, exec);
    case Method::svm: break;
  }
  return std::make_shared<SvmClassifier>(spec, classes, train_svm(set, classes.size(), plan.svm));
}

Verdicts classify_rows(const Classifier& classifier, const TrainingSet& set, const std::vector<std::size_t>& rows,
                       const std::vector<std::uint16_t>& label_of) {
  Verdicts verdicts{std::vector<std::uint16_t>(rows.size()), std::vector<float>(rows.size())};
  const int classes = int(classifier.classes().size());
  AlignedFloats block(std::size_t(set.features) * kRun), scores(std::size_t(classes) * kRun);
  for (std::size_t first = 0; first < rows.size(); first += kRun) {
    const std::size_t count = std::min(kRun, rows.size() - first);
    for (std::size_t i = 0; i < count; ++i)
      for (int f = 0; f < set.features; ++f) block.data()[std::size_t(f) * kRun + i] = set.row(rows[first + i])[f];
    classifier.score(block.data(), int(count), kRun, scores.data());
    find_winners(scores.data(), classes, int(count), kRun, verdicts.winners.data() + first);
    scores_to_probabilities(classifier.link(), scores.data(), classes, int(count), kRun);
    for (std::size_t i = first; i < first + count; ++i) {
      const auto own = std::find(label_of.begin(), label_of.end(), set.labels[rows[i]]) - label_of.begin();
      if (own < classes) verdicts.own[i] = scores.data()[std::size_t(own) * kRun + i - first];
      verdicts.winners[i] = label_of[verdicts.winners[i]];
    }
  }
  return verdicts;
}

}  // namespace nadir
