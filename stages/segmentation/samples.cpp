// Capping and balancing of training pixels.
#include "stages/segmentation/samples.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace nadir {
namespace {

// Each pixel's place among those of its feature, by rank.
std::vector<std::size_t> place_in_feature(const LabelledPixels& pixels, const std::vector<std::size_t>& chosen) {
  std::vector<std::size_t> order = chosen;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(pixels.feature[a], pixels.rank[a], a) < std::tie(pixels.feature[b], pixels.rank[b], b);
  });
  std::vector<std::size_t> place(pixels.size());
  for (std::size_t i = 1; i < order.size(); ++i)
    if (pixels.feature[order[i]] == pixels.feature[order[i - 1]]) place[order[i]] = place[order[i - 1]] + 1;
  return place;
}

}  // namespace

void LabelledPixels::append(const LabelledPixels& other, std::size_t index) {
  const float* row = other.set.values.data() + index * std::size_t(other.set.features);
  set.values.insert(set.values.end(), row, row + other.set.features);
  set.labels.push_back(other.set.labels[index]);
  feature.push_back(other.feature[index]);
  rank.push_back(other.rank[index]);
}

LabelledPixels capped_by_feature(const LabelledPixels& pixels, std::size_t cap) {
  std::vector<std::size_t> all(pixels.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto place = place_in_feature(pixels, all);
  LabelledPixels kept;
  kept.set.features = pixels.set.features;
  for (const std::size_t i : all)
    if (place[i] < cap) kept.append(pixels, i);
  return kept;
}

TrainingSet balanced(const LabelledPixels& pixels, const std::vector<char>& take, std::size_t cap) {
  std::map<std::uint16_t, std::vector<std::size_t>> by_class;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (take[i]) {
      chosen.push_back(i);
      by_class[pixels.set.labels[i]].push_back(i);
    }
  const auto place = place_in_feature(pixels, chosen);
  LabelledPixels kept;
  kept.set.features = pixels.set.features;
  for (auto& [label, members] : by_class) {
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(place[a], pixels.feature[a]) < std::tie(place[b], pixels.feature[b]);
    });
    if (members.size() > cap) members.resize(cap);
    for (const std::size_t i : members) kept.append(pixels, i);
  }
  return std::move(kept.set);
}

}  // namespace nadir
