// Walking pixels through a forest.
#include "stages/segmentation/forest.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace nadir {
namespace {

constexpr std::size_t kTypicalRows = 16384;

// A group of pixels goes down one tree in step: the walks do not depend on each other, so their loads overlap.
void walk_group(const Tree& tree, const float* features, std::ptrdiff_t stride, std::uint16_t* votes) {
  std::array<std::uint32_t, Classifier::kGroup> at{};
  const ForestNode* nodes = tree.nodes.data();
  for (int step = 0; step < tree.depth; ++step)
    for (int i = 0; i < Classifier::kGroup; ++i) {
      const ForestNode node = nodes[at[std::size_t(i)]];
      at[std::size_t(i)] = node.left() + (features[node.feature() * stride + i] > node.threshold);
    }
  for (int i = 0; i < Classifier::kGroup; ++i) ++votes[tree.leaf_class[at[std::size_t(i)]] * stride + i];
}

Tree take_tree(ByteReader& in, std::size_t classes, std::size_t features) {
  Tree tree;
  const auto thresholds = in.take_list<float>();
  const auto words = in.take_list<std::uint32_t>();
  tree.leaf_class = in.take_list<std::uint16_t>();
  tree.depth = in.take<std::int32_t>();
  const std::size_t count = thresholds.size();
  bool fits = count > 0 && words.size() == count && tree.leaf_class.size() == count && tree.depth >= 0;
  for (std::size_t n = 0; fits && n < count; ++n) {
    const ForestNode node{thresholds[n], words[n]};
    const bool leaf = node.left() == n && std::isnan(node.threshold);
    fits = (leaf || (node.left() > n && node.left() + 1 < count)) && node.feature() < features &&
           tree.leaf_class[n] < classes;
    tree.nodes.push_back(node);
  }
  if (!fits) throw Error(Fault::data, "holds a tree that does not fit its features and classes");
  return tree;
}

}  // namespace

Forest::Forest(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<Tree> trees, std::vector<float> typical)
    : Classifier(std::move(spec), std::move(classes)), trees_(std::move(trees)), typical_(std::move(typical)) {
  const auto features = std::size_t(std::max(1, this->spec().count()));
  const std::size_t rows = typical_.size() / features;
  if (rows <= kTypicalRows) return;
  std::vector<float> fewer;  // evenly, as training sets are ordered by class
  for (std::size_t r = 0; r < kTypicalRows; ++r) {
    const auto first = typical_.begin() + std::ptrdiff_t(r * rows / kTypicalRows * features);
    fewer.insert(fewer.end(), first, first + std::ptrdiff_t(features));
  }
  typical_ = std::move(fewer);
}

std::shared_ptr<Classifier> Forest::read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in) {
  const auto features = std::size_t(spec.count());
  std::vector<Tree> trees(in.take_count(8));
  for (Tree& t : trees) t = take_tree(in, classes.size(), features);
  std::vector<float> typical = in.take_list<float>();
  if (trees.empty() || typical.size() % features != 0) throw Error(Fault::data, "holds no forest");
  return std::make_shared<Forest>(std::move(spec), std::move(classes), std::move(trees), std::move(typical));
}

void Forest::prepare() {
  std::size_t nodes = 1;
  for (const Tree& t : trees_) nodes += t.nodes.size();
  if (cells_.empty() && !typical_.empty() && nodes < kMaxForestNodes)
    cells_ = ForestCells(trees_, int(classes().size()), spec().count(), typical_);
}

void Forest::vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const {
  if (!cells_.empty()) return cells_.vote(features, count, stride, votes);
  std::fill_n(votes, classes().size() * std::size_t(stride), std::uint16_t{0});
  for (const Tree& tree : trees_)  // tree by tree: its nodes and the features stay in the nearest cache
    for (int i = 0; i < count; i += kGroup) walk_group(tree, features + i, stride, votes + i);
}

void Forest::choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const {
  if (!cells_.empty()) return cells_.choose(features, count, stride, winners);
  Classifier::choose(features, count, stride, winners);
}

void Forest::score(const float* features, int count, std::ptrdiff_t stride, float* scores) const {
  std::vector<std::uint16_t> votes(classes().size() * std::size_t(stride));
  vote(features, count, stride, votes.data());
  const float trees = float(trees_.size());
  for (std::size_t i = 0; i < votes.size(); ++i) scores[i] = float(votes[i]) / trees;
}

void Forest::describe_method(Record& record) const {
  std::int64_t nodes = 0;
  for (const Tree& t : trees_) nodes += std::int64_t(t.nodes.size());
  record.set("trees", std::int64_t(trees_.size()));
  record.set("nodes", nodes);
}

void Forest::write_body(ByteWriter& out) const {
  out.put(std::uint64_t(trees_.size()));
  for (const Tree& t : trees_) {
    std::vector<float> thresholds;
    std::vector<std::uint32_t> words;
    for (const ForestNode& n : t.nodes) thresholds.push_back(n.threshold), words.push_back(n.word);
    out.put(thresholds);
    out.put(words);
    out.put(t.leaf_class);
    out.put(std::int32_t(t.depth));
  }
  out.put(typical_);
}

}  // namespace nadir
