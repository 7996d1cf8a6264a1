// Stratified assignment of groups of pixels to folds.
#include "stages/segmentation/folds.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "stages/segmentation/mix.h"

namespace nadir {
namespace {

std::vector<std::size_t> groups_of_class(const std::vector<FoldGroup>& groups, std::uint16_t label) {
  std::vector<std::size_t> members;
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (groups[g].label == label) members.push_back(g);
  return members;
}

}  // namespace

Groups group_pixels(const TrainingSet& set) {
  std::map<std::int32_t, std::size_t> number;
  for (const std::int32_t g : set.groups) number[g];
  std::size_t next = 0;
  for (auto& [group, n] : number) n = next++;
  Groups result{std::vector<FoldGroup>(number.size()), {}};
  std::vector<double> most(number.size());
  for (std::size_t i = 0; i < set.size(); ++i) {
    const std::size_t n = number[set.groups[i]];
    result.of_pixel.push_back(n);
    if (set.weight(i) > most[n]) most[n] = set.weight(i), result.groups[n].label = set.labels[i];
    ++result.groups[n].pixels;
  }
  return result;
}

std::vector<int> assign_folds(const std::vector<FoldGroup>& groups, int folds, std::uint64_t seed) {
  std::uint16_t last = 0;
  for (const FoldGroup& g : groups) last = std::max(last, g.label);
  std::vector<int> fold(groups.size(), -1);
  for (int label = 0; label <= last; ++label) {
    auto members = groups_of_class(groups, std::uint16_t(label));
    if (members.size() < 2) continue;
    const auto before = [&](std::size_t a, std::size_t b) {
      return std::tuple(-groups[a].pixels, mix(seed, 1, a)) < std::tuple(-groups[b].pixels, mix(seed, 1, b));
    };
    std::sort(members.begin(), members.end(), before);
    const int start = int(mix(seed, 2, std::uint64_t(label)) % std::uint64_t(folds));
    std::vector<std::int64_t> load(std::size_t(folds), 0);
    for (const std::size_t g : members) {
      const auto turn = std::min_element(load.begin(), load.end()) - load.begin();
      load[std::size_t(turn)] += groups[g].pixels;
      fold[g] = (start + int(turn)) % folds;
    }
  }
  return fold;
}

}  // namespace nadir
