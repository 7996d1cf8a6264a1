// Classifiers as plain arrays, which is how kernels take them.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "stages/segmentation/forest_nodes.h"

namespace nadir {

/// One layer of a FlatNetwork: out = weights * in + bias.
struct FlatLayer {
  static constexpr int kUnits = 8;  // outputs that a thread sums up side by side

  int inputs;
  int outputs;
  int weights;  ///< where they begin: in groups of kUnits outputs, for every input the kUnits weights
  int biases;   ///< where they begin, filled up to whole groups
  bool last;    ///< no activation follows

  int groups() const { return (outputs + kUnits - 1) / kUnits; }
};

/// A fully connected network; see Network in network.h.
struct FlatNetwork {
  std::vector<float> mean, inverse;  ///< of the features: they become (x - mean) * inverse
  std::vector<FlatLayer> layers;
  std::vector<float> numbers;  ///< weights and biases of all layers
  bool softplus = false;       ///< else ReLU

  int features() const { return int(mean.size()); }
  int classes() const { return layers.back().outputs; }
  /// Of the features and all layers' outputs, these filled up to whole groups.
  int widest() const;
  /// Begins a layer of zeros and returns it.
  FlatLayer& add_layer(int inputs, int outputs);
  float& weight(const FlatLayer& layer, int output, int input);
  float& bias(const FlatLayer& layer, int output);
};

/// All trees of a random forest one after the other.
struct FlatForest {
  struct Tree {
    int first;  ///< node; those of a tree count from here
    int depth;
  };
  int features = 0;
  int classes = 0;
  std::vector<Tree> trees;
  std::vector<ForestNode> nodes;
  std::vector<std::uint16_t> leaf_class;
};

using FlatModel = std::variant<FlatNetwork, FlatForest>;

}  // namespace nadir
