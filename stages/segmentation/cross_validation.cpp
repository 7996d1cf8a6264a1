// Stratified k-fold cross-validation over survey features.
#include "stages/segmentation/cross_validation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/core/text.h"
#include "stages/segmentation/mix.h"

namespace nadir {
namespace {

constexpr double kLeastProbability = 0.02;  // so that one error made with certainty does not outweigh all else

// One classifier and the pixels that it did not see.
struct Trial {
  std::vector<std::size_t> held_out;
  Verdicts verdicts;
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
    if (!take[i] && pixels.set.weight(i) > 0.5) trial.held_out.push_back(i);
  }
  if (trial.held_out.empty()) return trial;
  TrainingSet set = balanced(pixels, take, plan.max_samples_per_class, plan.sampling);
  const Renumbered known = renumber(set, classes);
  if (known.classes.size() < 2) {
    trial.verdicts.winners.assign(trial.held_out.size(), known.classes.empty() ? std::uint16_t{0} : known.label_of[0]);
    trial.verdicts.own.assign(trial.held_out.size(), 0.0f);
    return trial;
  }
  const auto classifier = train_classifier(set, {.bands = set.features}, known.classes, plan.training, seed, exec);
  trial.verdicts = classify_rows(*classifier, pixels.set, trial.held_out, known.label_of);
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

Validation nothing_judged_yet(const LabelledPixels& pixels, const Groups& groups,
                              const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& c : classes) names.push_back(c.name);
  Validation v{Confusion(names),
               std::vector<Cluster>(groups.groups.size()),
               std::vector<double>(groups.groups.size()),
               never_held_out(groups.groups, classes),
               {},
               {},
               {}};
  const std::set<std::int32_t> features(pixels.set.groups.begin(), pixels.set.groups.end());
  v.features.assign(features.begin(), features.end());
  return v;
}

// Adds a trial's verdicts to the result and to its repeat; likelihoods as sums.
void pool(const Trial& trial, const LabelledPixels& pixels, const Groups& groups, Validation& result, Cluster& repeat) {
  for (std::size_t j = 0; j < trial.held_out.size(); ++j) {
    const std::size_t i = trial.held_out[j], feature = groups.of_pixel[i];
    const std::uint16_t truth = pixels.set.labels[i], winner = trial.verdicts.winners[j];
    result.confusion.add(truth, winner);
    for (Cluster* c : {&result.clusters[feature], &repeat}) c->samples += 1, c->correct += truth == winner;
    result.likelihood[feature] += std::log(std::max(kLeastProbability, double(trial.verdicts.own[j])));
  }
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

  Validation result = nothing_judged_yet(pixels, groups, classes);
  for (const auto& folds : fold_of) result.folds.emplace_back(folds.begin(), folds.end());
  for (std::size_t r = 0; r < fold_of.size(); ++r) {
    Cluster repeat;
    for (std::size_t f = 0; f < std::size_t(plan.folds); ++f)
      pool(trials[r * std::size_t(plan.folds) + f], pixels, groups, result, repeat);
    result.accuracies.push_back(repeat.correct / std::max(1.0, repeat.samples));
  }
  for (std::size_t f = 0; f < result.likelihood.size(); ++f)
    result.likelihood[f] /= std::max(1.0, result.clusters[f].samples);
  return result;
}

Record facts_of(const Validation& v, const ValidationPlan& plan, const Survey& survey) {
  Record facts{{"split", std::string("by survey feature, stratified by class")},
               {"folds", std::int64_t(plan.folds)},
               {"repeats", std::int64_t(plan.repeats)}};
  if (v.confusion.samples() > 0) {
    const Interval interval = clustered_interval(v.clusters);
    const double accuracy = overall_accuracy(v.confusion);
    facts.set("held_out_accuracy", accuracy);
    facts.set("held_out_accuracy_95", std::vector<double>{interval.low, interval.high});
    facts.set("accuracy", accuracy);
    facts.set("accuracy_by_repeat", v.accuracies);
    const Record rates = summarize(v.confusion);
    for (const char* name : {"kappa", "miou", "precision", "recall", "f1", "iou", "confusion"})
      facts.set(name, *rates.find(name));
  }
  std::vector<std::string> ids;
  for (const std::int32_t f : v.features) ids.push_back(survey.features[std::size_t(f)].id);
  facts.set("split_features", ids);
  facts.set("split_folds", v.folds);
  std::vector<std::string> names;
  for (const std::string& n : v.never) names.push_back("'" + n + "'");
  if (!names.empty())
    facts.set("warning", "never held out, as only one survey feature has pixels: " + some_of(names) +
                             (v.confusion.samples() > 0 ? "" : "; so nothing is known of how right the mask is"));
  return facts;
}

}  // namespace nadir
