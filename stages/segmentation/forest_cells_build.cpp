// Dividing the feature space into boxes in which most of a forest is decided.
#include <algorithm>
#include <limits>
#include <queue>

#include "stages/segmentation/forest_cells.h"

namespace nadir {
namespace {

constexpr std::size_t kMaxCells = 2048;  // 16384 are no faster, and take three times the memory where classes are noisy
constexpr std::size_t kMinRows = 2;      // typical rows in a box that is worth dividing
constexpr std::size_t kMinUndecided = 4;  // trees, likewise

struct Box {
  std::vector<float> low, high;  ///< low < feature <= high
};

struct Walk {
  std::uint32_t tree;
  std::uint32_t node;
};

// Where a division does most.
struct Cut {
  int feature = -1;
  float threshold = 0;
  double gain = 0;  ///< decisions that it takes, summed over typical rows
};

}  // namespace

class CellBuilder {
 public:
  CellBuilder(ForestCells& out, std::span<const Tree> trees, std::span<const float> typical)
      : out_(out), trees_(trees), typical_(typical) {}

  void build() {
    lay_out_leaves();
    Pending root;
    root.box.low.assign(std::size_t(out_.features_), -std::numeric_limits<float>::infinity());
    root.box.high.assign(std::size_t(out_.features_), std::numeric_limits<float>::infinity());
    root.votes.assign(std::size_t(out_.classes_), 0);
    for (std::uint32_t t = 0; t < trees_.size(); ++t) root.walks.push_back({t, 0});
    for (std::size_t i = 0; i < typical_.size() / std::size_t(out_.features_); ++i)
      root.rows.push_back(std::uint32_t(i));
    add_router_node();
    advance(root);
    push(std::move(root));
    std::size_t ends = 0;
    while (!queue_.empty()) {
      Pending best = pop();
      if (best.cut.feature < 0 || ends + queue_.size() + 2 > kMaxCells || out_.nodes_.size() > kMaxForestNodes / 2) {
        finish(best);
        ++ends;
      } else {
        divide(best);
      }
    }
    out_.undecided_ /= std::max(1.0, double(typical_.size()) / out_.features_);
  }

 private:
  struct Pending {
    Box box;
    std::vector<std::uint16_t> votes;
    std::vector<Walk> walks;
    std::vector<std::uint32_t> rows;
    std::uint32_t router = 0;
    Cut cut;
  };

  const float* row(std::uint32_t i) const { return typical_.data() + std::size_t(i) * std::size_t(out_.features_); }

  // Leaf b of pair (a, b) is at 2 (a classes + b) + 1, so that a last decision has its leaves side by side.
  void lay_out_leaves() {
    for (int a = 0; a < out_.classes_; ++a)
      for (int b = 0; b < out_.classes_; ++b)
        for (const int k : {a, b}) add_node(ForestNode::leaf(std::uint32_t(out_.nodes_.size())), k);
    nobody_ = add_node(ForestNode::leaf(std::uint32_t(out_.nodes_.size())), out_.classes_);
  }

  std::uint32_t add_node(const ForestNode& node, int leaf_class) {
    out_.nodes_.push_back(node);
    out_.leaf_class_.push_back(std::uint16_t(leaf_class));
    return std::uint32_t(out_.nodes_.size() - 1);
  }

  std::uint32_t add_router_node() {
    const auto index = std::uint32_t(out_.router_.nodes.size());
    out_.router_.nodes.push_back(ForestNode::leaf(index));
    out_.cell_of_.push_back(0);
    return index;
  }

  // Takes every decision that the box leaves no choice in. A feature that is no number goes left everywhere.
  void advance(Pending& p) const {
    std::vector<Walk> left;
    for (Walk w : p.walks) {
      const Tree& tree = trees_[w.tree];
      while (!tree.is_leaf(w.node)) {
        const ForestNode node = tree.nodes[w.node];
        if (node.threshold >= p.box.high[node.feature()])
          w.node = node.left();
        else if (node.threshold <= p.box.low[node.feature()])
          w.node = node.left() + 1;
        else
          break;
      }
      if (tree.is_leaf(w.node))
        ++p.votes[tree.leaf_class[w.node]];
      else
        left.push_back(w);
    }
    p.walks = std::move(left);
  }

  Cut best_cut(const Pending& p) const {
    Cut best;
    if (p.rows.size() < kMinRows || p.walks.size() < kMinUndecided) return best;
    std::vector<std::vector<float>> thresholds(static_cast<std::size_t>(out_.features_));
    for (const Walk& w : p.walks) {
      const ForestNode node = trees_[w.tree].nodes[w.node];
      thresholds[node.feature()].push_back(node.threshold);
    }
    std::vector<float> values;
    for (int f = 0; f < out_.features_; ++f) {
      auto& at = thresholds[std::size_t(f)];
      if (at.empty()) continue;
      std::sort(at.begin(), at.end());
      values.clear();
      for (const std::uint32_t r : p.rows) values.push_back(row(r)[f]);
      std::sort(values.begin(), values.end());
      consider(f, at, values, best);
    }
    return best;
  }

  // A threshold decides for rows on its left those that are no lower, for rows on its right those that are no higher.
  static void consider(int feature, const std::vector<float>& thresholds, const std::vector<float>& values, Cut& best) {
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
      const float t = thresholds[i];
      if (i > 0 && t == thresholds[i - 1]) continue;
      const auto above = double(thresholds.end() - std::upper_bound(thresholds.begin(), thresholds.end(), t));
      const auto equal = double(thresholds.size()) - double(i) - above;
      const auto left = double(std::upper_bound(values.begin(), values.end(), t) - values.begin());
      const double right = double(values.size()) - left;
      const double gain = left * (above + equal) + right * (double(i) + equal);
      if (gain > best.gain) best = {feature, t, gain};
    }
  }

  void push(Pending p) {
    p.cut = best_cut(p);
    const double gain = p.cut.gain;
    queue_.push({gain, -std::int64_t(p.router)});
    waiting_.resize(std::max(waiting_.size(), std::size_t(p.router) + 1));
    const std::uint32_t place = p.router;
    waiting_[place] = std::move(p);
  }

  Pending pop() {
    const auto place = std::size_t(-queue_.top().second);
    queue_.pop();
    return std::move(waiting_[place]);
  }

  void divide(Pending& p) {
    const std::uint32_t left = add_router_node();
    add_router_node();
    out_.router_.nodes[p.router] = ForestNode::decision(p.cut.threshold, std::uint32_t(p.cut.feature), left);
    const auto f = std::size_t(p.cut.feature);
    for (const bool right : {false, true}) {
      Pending half{p.box, p.votes, p.walks, {}, left + right, {}};
      (right ? half.box.low : half.box.high)[f] = p.cut.threshold;
      for (const std::uint32_t r : p.rows)
        if ((row(r)[f] > p.cut.threshold) == right) half.rows.push_back(r);
      advance(half);
      push(std::move(half));
    }
  }

  // A subtree as far as a box leaves it undecided.
  struct Pruned {
    float threshold = 0;
    std::uint32_t feature = 0;
    int left = -1, right = -1;  ///< places in `pruned_`
    std::uint16_t leaf_class = 0;
    std::uint8_t height = 0;
  };

  int prune(const Tree& tree, std::uint32_t n, const Box& box) {
    while (!tree.is_leaf(n)) {
      const ForestNode node = tree.nodes[n];
      if (node.threshold >= box.high[node.feature()])
        n = node.left();
      else if (node.threshold <= box.low[node.feature()])
        n = node.left() + 1;
      else
        break;
    }
    Pruned p;
    if (tree.is_leaf(n)) {
      p.leaf_class = tree.leaf_class[n];
    } else {
      const ForestNode node = tree.nodes[n];
      p.threshold = node.threshold, p.feature = node.feature();
      p.left = prune(tree, node.left(), box), p.right = prune(tree, node.left() + 1, box);
      const Pruned &l = pruned_[std::size_t(p.left)], &r = pruned_[std::size_t(p.right)];
      if (l.left < 0 && r.left < 0 && l.leaf_class == r.leaf_class) return p.left;
      p.height = std::uint8_t(1 + std::max(l.height, r.height));
    }
    pruned_.push_back(p);
    return int(pruned_.size()) - 1;
  }

  // Puts the node at a place that was reserved for it.
  void lay_out(int index, std::uint32_t at) {
    const Pruned p = pruned_[std::size_t(index)];
    out_.leaf_class_[at] = p.leaf_class;
    if (p.left < 0) {
      out_.nodes_[at] = ForestNode::leaf(at);
      return;
    }
    const Pruned &l = pruned_[std::size_t(p.left)], &r = pruned_[std::size_t(p.right)];
    std::uint32_t children = 2 * std::uint32_t(l.leaf_class * out_.classes_ + r.leaf_class);
    if (l.left >= 0 || r.left >= 0) {
      children = add_node({}, 0);
      add_node({}, 0);
      lay_out(p.left, children);
      lay_out(p.right, children + 1);
    }
    out_.nodes_[at] = ForestNode::decision(p.threshold, p.feature, children);
  }

  void finish(Pending& p) {
    pruned_.clear();
    std::vector<int> open;
    for (const Walk& w : p.walks) {
      const int root = prune(trees_[w.tree], w.node, p.box);
      if (pruned_[std::size_t(root)].left < 0)
        ++p.votes[pruned_[std::size_t(root)].leaf_class];
      else
        open.push_back(root);
    }
    const auto height = [this](int root) { return pruned_[std::size_t(root)].height; };
    std::stable_sort(open.begin(), open.end(), [&](int a, int b) { return height(a) < height(b); });
    ForestCells::Cell cell{std::uint32_t(out_.groups_.size()), 0, chosen(p.votes, open.size())};
    for (std::size_t i = 0; i < open.size(); i += ForestCells::kTogether, ++cell.groups) {
      ForestCells::Group group;
      std::fill_n(group.at, ForestCells::kTogether, nobody_);
      const std::size_t end = std::min(open.size(), i + ForestCells::kTogether);
      for (std::size_t j = i; j < end; ++j) group.at[j - i] = add_node({}, 0);
      for (std::size_t j = i; j < end; ++j) lay_out(open[j], group.at[j - i]);
      group.steps = height(open[end - 1]);
      out_.groups_.push_back(group);
    }
    out_.cell_of_[p.router] = std::uint32_t(out_.cells_.size());
    out_.decided_.insert(out_.decided_.end(), p.votes.begin(), p.votes.end());
    out_.cells_.push_back(cell);
    out_.undecided_ += double(p.rows.size()) * double(open.size());
  }

  // The first class that no other can reach, though all undecided trees vote for that other one.
  std::uint16_t chosen(const std::vector<std::uint16_t>& votes, std::size_t open) const {
    for (std::size_t k = 0; k < votes.size(); ++k) {
      bool wins = true;
      for (std::size_t other = 0; other < votes.size(); ++other)
        if (other != k && votes[other] + open >= votes[k] + std::size_t(other > k)) wins = false;
      if (wins) return std::uint16_t(k);
    }
    return std::uint16_t(out_.classes_);
  }

  ForestCells& out_;
  std::span<const Tree> trees_;
  std::span<const float> typical_;
  std::uint32_t nobody_ = 0;
  std::vector<Pruned> pruned_;
  std::priority_queue<std::pair<double, std::int64_t>> queue_;
  std::vector<Pending> waiting_;  ///< by node of the router
};

std::size_t ForestCells::bytes() const {
  const auto size_of = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  return size_of(router_.nodes) + size_of(cell_of_) + size_of(cells_) + size_of(decided_) + size_of(groups_) +
         size_of(nodes_) + size_of(leaf_class_);
}

ForestCells::ForestCells(std::span<const Tree> trees, int classes, int features, std::span<const float> typical)
    : classes_(classes), features_(features) {
  CellBuilder(*this, trees, typical).build();
  cell_of_.shrink_to_fit(), cells_.shrink_to_fit(), decided_.shrink_to_fit(), groups_.shrink_to_fit();
  nodes_.shrink_to_fit(), leaf_class_.shrink_to_fit(), router_.nodes.shrink_to_fit();
  std::vector<int> depth(router_.nodes.size());
  for (std::uint32_t n = 0; n < router_.nodes.size(); ++n) {
    if (router_.is_leaf(n)) continue;
    const std::uint32_t left = router_.nodes[n].left();
    for (const std::uint32_t child : {left, left + 1}) depth[child] = depth[n] + 1;
    router_.depth = std::max(router_.depth, depth[n] + 1);
  }
}

}  // namespace nadir
