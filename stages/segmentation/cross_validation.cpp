// Stratified k-fold cross-validation over survey features.
#include "stages/segmentation/cross_validation.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace nadir {
namespace {

// Survey features that have pixels, numbered from 0 in the survey's order.
struct Groups {
  std::vector<FoldGroup> groups;
  std::vector<std::size_t> of_pixel;
};

Groups group_pixels(const LabelledPixels& pixels) {
  std::map<std::int32_t, std::size_t> number;
  for (const std::int32_t f : pixels.feature) number[f];
  std::size_t next = 0;
  for (auto& [feature, n] : number) n = next++;
  Groups result{std::vector<FoldGroup>(number.size()), {}};
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::size_t n = number[pixels.feature[i]];
    result.of_pixel.push_back(n);
    result.groups[n].label = pixels.set.labels[i];
    ++result.groups[n].pixels;
  }
  return result;
}

std::vector<std::size_t> groups_of_class(const std::vector<FoldGroup>& groups, std::uint16_t label) {
  std::vector<std::size_t> members;
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (groups[g].label == label) members.push_back(g);
  std::stable_sort(members.begin(), members.end(),
                   [&](std::size_t a, std::size_t b) { return groups[a].pixels > groups[b].pixels; });
  return members;
}

// One forest and the pixels that it did not see.
struct Trial {
  std::vector<std::size_t> held_out;
  std::vector<std::size_t> winners;
};

Trial run_trial(const LabelledPixels& pixels, const Groups& groups, const std::vector<int>& fold_of, int fold,
                const std::vector<ClassInfo>& classes, const ValidationPlan& plan, std::uint64_t seed, Exec& exec) {
  Trial trial;
  std::vector<char> take(pixels.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    take[i] = fold_of[groups.of_pixel[i]] != fold;
    if (!take[i]) trial.held_out.push_back(i);
  }
  if (trial.held_out.empty()) return trial;
  const TrainingSet set = balanced(pixels, take, plan.max_samples_per_class);
  const Forest forest({}, classes, train_forest(set, plan.forest, seed, exec));
  const int features = pixels.set.features;
  const std::ptrdiff_t stride = Forest::kGroup;
  std::vector<float> block(std::size_t(features) * Forest::kGroup);
  std::vector<std::uint16_t> votes(classes.size() * Forest::kGroup);
  for (std::size_t first = 0; first < trial.held_out.size(); first += Forest::kGroup) {
    const int count = int(std::min<std::size_t>(Forest::kGroup, trial.held_out.size() - first));
    for (int i = 0; i < count; ++i) {
      const float* row = pixels.set.values.data() + trial.held_out[first + std::size_t(i)] * std::size_t(features);
      for (int f = 0; f < features; ++f) block[std::size_t(f) * Forest::kGroup + std::size_t(i)] = row[f];
    }
    forest.vote(block.data(), count, stride, votes.data());
    for (int i = 0; i < count; ++i) trial.winners.push_back(forest.winner(votes.data(), stride, i));
  }
  return trial;
}

std::vector<std::string> never_held_out(const std::vector<FoldGroup>& groups, const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (groups_of_class(groups, std::uint16_t(k)).size() == 1) names.push_back(classes[k].name);
  return names;
}

}  // namespace

std::vector<int> assign_folds(const std::vector<FoldGroup>& groups, int folds, std::uint64_t seed) {
  std::uint16_t last = 0;
  for (const FoldGroup& g : groups) last = std::max(last, g.label);
  std::vector<int> fold(groups.size(), -1);
  for (int label = 0; label <= last; ++label) {
    const auto members = groups_of_class(groups, std::uint16_t(label));
    if (members.size() < 2) continue;
    const int start = int(mix(seed, std::uint64_t(label)) % std::uint64_t(folds));
    std::vector<std::int64_t> load(std::size_t(folds), 0);
    for (const std::size_t g : members) {
      const auto turn = std::min_element(load.begin(), load.end()) - load.begin();
      load[std::size_t(turn)] += groups[g].pixels;
      fold[g] = (start + int(turn)) % folds;
    }
  }
  return fold;
}

Validation cross_validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes,
                          const ValidationPlan& plan, Exec& exec) {
  const Groups groups = group_pixels(pixels);
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
  Validation result{Confusion(names), std::vector<Cluster>(groups.groups.size()),
                    never_held_out(groups.groups, classes)};
  for (const Trial& trial : trials)
    for (std::size_t j = 0; j < trial.held_out.size(); ++j) {
      const std::size_t i = trial.held_out[j];
      const std::size_t truth = pixels.set.labels[i];
      result.confusion.add(truth, trial.winners[j]);
      result.clusters[groups.of_pixel[i]].samples += 1;
      result.clusters[groups.of_pixel[i]].correct += truth == trial.winners[j];
    }
  return result;
}

}  // namespace nadir
