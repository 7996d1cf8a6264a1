// Trees as arrays of decisions.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "pipeline/core/host_device.h"

namespace nadir {

/// One decision: go to `left`, or to left + 1 when feature > threshold. A leaf points to itself with a threshold of
/// NaN, which no feature exceeds, so that walking may go on for any number of steps.
struct ForestNode {
  float threshold;
  std::uint32_t word;  ///< left << 8 | feature

  static ForestNode decision(float threshold, std::uint32_t feature, std::uint32_t left) {
    return {threshold, left << 8 | feature};
  }
  static ForestNode leaf(std::uint32_t self) { return decision(std::numeric_limits<float>::quiet_NaN(), 0, self); }
  HD std::uint32_t feature() const { return word & 255; }
  HD std::uint32_t left() const { return word >> 8; }
};
constexpr int kMaxForestFeatures = 256;
constexpr std::size_t kMaxForestNodes = std::size_t{1} << 24;

/// Breadth first, the root first. `leaf_class` is an index into the classes, by node; only leaves use it.
struct Tree {
  std::vector<ForestNode> nodes;
  std::vector<std::uint16_t> leaf_class;
  int depth = 0;  ///< decisions on the longest path

  bool is_leaf(std::uint32_t node) const { return nodes[node].left() == node; }
};

}  // namespace nadir
