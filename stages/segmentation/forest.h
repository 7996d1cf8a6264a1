// A random forest as flat arrays: how pixels are classified.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/core/value.h"
#include "stages/segmentation/features.h"

namespace nadir {

/// One decision: go to `left`, or to left + 1 when feature > threshold. A leaf points to itself with a threshold of
/// NaN, which no feature exceeds, so that walking may go on for any number of steps.
struct ForestNode {
  float threshold;
  std::int32_t feature;
  std::int32_t left;
};

/// Breadth first, the root first. `leaf_class` is an index into the classes, by node; only leaves use it.
struct Tree {
  std::vector<ForestNode> nodes;
  std::vector<std::uint16_t> leaf_class;
  int depth = 0;  ///< decisions on the longest path
};

class Forest final : public Model {
 public:
  Forest(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<Tree> trees);

  const std::vector<ClassInfo>& classes() const override { return classes_; }
  Record describe() const override;

  const FeatureSpec& spec() const { return spec_; }
  const std::vector<Tree>& trees() const { return trees_; }
  /// Facts of the training that describe() tells beside the forest's own.
  void set_facts(Record facts) { facts_ = std::move(facts); }

  /// Pixels are walked in groups of this many; arrays for vote() are padded to it.
  static constexpr int kGroup = 16;
  /// votes[k * stride + i] = number of trees for class k at pixel i. Feature f of pixel i is features[f * stride + i];
  /// `stride` is a multiple of kGroup, at least `count`, and everything up to it may be read and written.
  void vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const;
  /// Index of the class with the most votes at pixel i; of equals the first.
  std::size_t winner(const std::uint16_t* votes, std::ptrdiff_t stride, int i) const;

 private:
  FeatureSpec spec_;
  std::vector<ClassInfo> classes_;  ///< by ascending id
  std::vector<Tree> trees_;
  Record facts_;
};

}  // namespace nadir
