// Capping and balancing of training pixels.
#include "stages/segmentation/samples.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "stages/segmentation/scaling.h"

namespace nadir {
namespace {

using Indices = std::vector<std::size_t>;

// Each pixel's place among those of its feature, by rank.
Indices place_in_feature(const LabelledPixels& pixels, const Indices& chosen) {
  const auto& feature = pixels.set.groups;
  Indices order = chosen;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(feature[a], pixels.rank[a], a) < std::tie(feature[b], pixels.rank[b], b);
  });
  Indices place(pixels.size());
  for (std::size_t i = 1; i < order.size(); ++i)
    if (feature[order[i]] == feature[order[i - 1]]) place[order[i]] = place[order[i - 1]] + 1;
  return place;
}

// Greedy: the chosen pixel minimises |mean of the class - mean of the chosen and itself|.
Indices herd(const TrainingSet& z, const Indices& members, std::size_t count) {
  const auto features = std::size_t(z.features);
  std::vector<double> mean(features), sum(features);
  for (const std::size_t i : members)
    for (std::size_t f = 0; f < features; ++f) mean[f] += double(z.row(i)[f]) / double(members.size());
  std::vector<char> used(members.size());
  Indices chosen;
  while (chosen.size() < count) {
    const double next = double(chosen.size() + 1);
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (used[m]) continue;
      double distance = 0;
      for (std::size_t f = 0; f < features; ++f) {
        const double d = next * mean[f] - sum[f] - double(z.row(members[m])[f]);
        distance += d * d;
      }
      if (distance < least) least = distance, best = m;
    }
    used[best] = 1;
    for (std::size_t f = 0; f < features; ++f) sum[f] += double(z.row(members[best])[f]);
    chosen.push_back(members[best]);
  }
  return chosen;
}

}  // namespace

void LabelledPixels::append(const LabelledPixels& other, std::size_t index) {
  const float* row = other.set.row(index);
  set.values.insert(set.values.end(), row, row + other.set.features);
  set.labels.push_back(other.set.labels[index]);
  set.groups.push_back(other.set.groups[index]);
  if (!other.set.weights.empty()) set.weights.push_back(other.set.weights[index]);
  rank.push_back(other.rank[index]);
}

LabelledPixels capped_by_feature(const LabelledPixels& pixels, std::size_t cap) {
  Indices all(pixels.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto place = place_in_feature(pixels, all);
  LabelledPixels kept;
  kept.set.features = pixels.set.features;
  for (const std::size_t i : all)
    if (place[i] < cap) kept.append(pixels, i);
  return kept;
}

TrainingSet balanced(const LabelledPixels& pixels, const std::vector<char>& take, std::size_t cap, Sampling sampling) {
  std::map<std::uint16_t, Indices> by_class;
  Indices chosen;
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (take[i]) {
      chosen.push_back(i);
      by_class[pixels.set.labels[i]].push_back(i);
    }
  const auto place = place_in_feature(pixels, chosen);
  TrainingSet z;
  if (sampling == Sampling::herding) z = scaled(pixels.set, scaling_of(pixels.set));
  LabelledPixels kept;
  kept.set.features = pixels.set.features;
  for (auto& [label, members] : by_class) {
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(place[a], pixels.set.groups[a]) < std::tie(place[b], pixels.set.groups[b]);
    });
    if (members.size() > cap && sampling == Sampling::herding) members = herd(z, members, cap);
    if (members.size() > cap) members.resize(cap);
    for (const std::size_t i : members) kept.append(pixels, i);
  }
  return std::move(kept.set);
}

}  // namespace nadir
