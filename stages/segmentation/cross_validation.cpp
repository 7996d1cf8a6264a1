// Stratified k-fold cross-validation over survey features.
#include "stages/segmentation/cross_validation.h"

#include <algorithm>
#include <map>
#include <set>

#include "stages/segmentation/mix.h"

namespace nadir {
namespace {

// One classifier and the pixels that it did not see.
struct Trial {
  std::vector<std::size_t> held_out;
  std::vector<std::uint16_t> winners;
};

// Classes that a fold leaves without pixels are unknown to the trainer, so classes are numbered anew for it.
struct Renumbered {
  std::vector<ClassInfo> classes;
  std::vector<std::uint16_t> label_of;  ///< by new number
};

Renumbered renumber(TrainingSet& set, const std::vector<ClassInfo>& classes) {
  Renumbered result;
  std::map<std::uint16_t, std::uint16_t> number;
  for (const std::uint16_t label : set.labels) number[label];
  for (auto& [label, n] : number) {
    n = std::uint16_t(result.classes.size());
    result.classes.push_back(classes[label]);
    result.label_of.push_back(label);
  }
  for (std::uint16_t& label : set.labels) label = number[label];
  return result;
}

Trial run_trial(const LabelledPixels& pixels, const Groups& groups, const std::vector<int>& fold_of, int fold,
                const std::vector<ClassInfo>& classes, const ValidationPlan& plan, std::uint64_t seed, Exec& exec) {
  Trial trial;
  std::vector<char> take(pixels.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    take[i] = fold_of[groups.of_pixel[i]] != fold;
    if (!take[i]) trial.held_out.push_back(i);
  }
  if (trial.held_out.empty()) return trial;
  TrainingSet set = balanced(pixels, take, plan.max_samples_per_class, plan.sampling);
  const Renumbered known = renumber(set, classes);
  if (known.classes.size() < 2) {
    trial.winners.assign(trial.held_out.size(), known.classes.empty() ? std::uint16_t{0} : known.label_of[0]);
    return trial;
  }
  const auto classifier = train_classifier(set, {.bands = set.features}, known.classes, plan.training, seed, exec);
  trial.winners = classify_rows(*classifier, pixels.set, trial.held_out);
  for (std::uint16_t& w : trial.winners) w = known.label_of[w];
  return trial;
}

std::vector<std::string> never_held_out(const std::vector<FoldGroup>& groups, const std::vector<ClassInfo>& classes) {
  std::vector<int> count(classes.size());
  for (const FoldGroup& g : groups) ++count[g.label];
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (count[k] == 1) names.push_back(classes[k].name);
  return names;
}

}  // namespace

Validation cross_validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes,
                          const ValidationPlan& plan, Exec& exec) {
  const Groups groups = group_pixels(pixels.set);
  std::vector<std::vector<int>> fold_of;
  for (int r = 0; r < plan.repeats; ++r)
    fold_of.push_back(assign_folds(groups.groups, plan.folds, mix(plan.seed, 1, std::uint64_t(r))));
  std::vector<Trial> trials(std::size_t(plan.repeats * plan.folds));
  exec.parallel(int(trials.size()), [&](int t) {
    trials[std::size_t(t)] = run_trial(pixels, groups, fold_of[std::size_t(t / plan.folds)], t % plan.folds, classes,
                                       plan, mix(plan.seed, 2, std::uint64_t(t)), exec);
  });

  std::vector<std::string> names;
  for (const ClassInfo& c : classes) names.push_back(c.name);
  Validation result{
      Confusion(names), std::vector<Cluster>(groups.groups.size()), never_held_out(groups.groups, classes), {}, {}, {}};
  const std::set<std::int32_t> features(pixels.set.groups.begin(), pixels.set.groups.end());
  result.features.assign(features.begin(), features.end());
  for (const auto& folds : fold_of) result.folds.emplace_back(folds.begin(), folds.end());
  std::vector<double> judged(std::size_t(plan.repeats)), correct(std::size_t(plan.repeats));
  for (std::size_t t = 0; t < trials.size(); ++t)
    for (std::size_t j = 0; j < trials[t].held_out.size(); ++j) {
      const std::size_t i = trials[t].held_out[j];
      const std::size_t truth = pixels.set.labels[i];
      const bool right = truth == trials[t].winners[j];
      result.confusion.add(truth, trials[t].winners[j]);
      result.clusters[groups.of_pixel[i]].samples += 1;
      result.clusters[groups.of_pixel[i]].correct += right;
      judged[t / std::size_t(plan.folds)] += 1;
      correct[t / std::size_t(plan.folds)] += right;
    }
  for (std::size_t r = 0; r < judged.size(); ++r) result.accuracies.push_back(correct[r] / std::max(1.0, judged[r]));
  return result;
}

}  // namespace nadir
