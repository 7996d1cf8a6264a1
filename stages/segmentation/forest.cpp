// Walking pixels through a forest.
#include "stages/segmentation/forest.h"

#include <algorithm>
#include <array>

namespace nadir {
namespace {

// A group of pixels goes down one tree in step: the walks do not depend on each other, so their loads overlap.
void walk_group(const Tree& tree, const float* features, std::ptrdiff_t stride, std::uint16_t* votes) {
  std::array<std::int32_t, Forest::kGroup> at{};
  const ForestNode* nodes = tree.nodes.data();
  for (int step = 0; step < tree.depth; ++step)
    for (int i = 0; i < Forest::kGroup; ++i) {
      const ForestNode node = nodes[at[std::size_t(i)]];
      at[std::size_t(i)] = node.left + (features[node.feature * stride + i] > node.threshold);
    }
  for (int i = 0; i < Forest::kGroup; ++i) ++votes[tree.leaf_class[std::size_t(at[std::size_t(i)])] * stride + i];
}

std::vector<std::string> names_of(const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& c : classes) names.push_back(c.name);
  return names;
}

}  // namespace

Forest::Forest(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<Tree> trees)
    : spec_(spec), classes_(std::move(classes)), trees_(std::move(trees)) {}

Record Forest::describe() const {
  std::int64_t nodes = 0;
  for (const Tree& t : trees_) nodes += std::int64_t(t.nodes.size());
  Record r{{"method", std::string("random_forest")},
           {"trees", std::int64_t(trees_.size())},
           {"nodes", nodes},
           {"features", spec_.names()},
           {"classes", names_of(classes_)}};
  for (const auto& [name, value] : facts_.fields()) r.set(name, value);
  return r;
}

void Forest::vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const {
  std::fill_n(votes, classes_.size() * std::size_t(stride), std::uint16_t{0});
  for (const Tree& tree : trees_)  // tree by tree: its nodes and the block's features both stay in the nearest cache
    for (int i = 0; i < count; i += kGroup) walk_group(tree, features + i, stride, votes + i);
}

std::size_t Forest::winner(const std::uint16_t* votes, std::ptrdiff_t stride, int i) const {
  std::size_t best = 0;
  for (std::size_t k = 1; k < classes_.size(); ++k)
    if (votes[std::ptrdiff_t(k) * stride + i] > votes[std::ptrdiff_t(best) * stride + i]) best = k;
  return best;
}

}  // namespace nadir
