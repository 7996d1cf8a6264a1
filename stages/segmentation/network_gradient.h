// Loss and gradient of a network over a mini-batch.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/segmentation/network.h"

namespace nadir {

/// A network while it is trained: all weights in one list, layer by layer, a row of weights and the bias for each
/// output.
class TrainingNetwork {
 public:
  static constexpr int kBatch = 64;  ///< px

  /// Units from the features to the classes. Weights are He's (ICCV 2015) for the seed, biases 0.
  TrainingNetwork(std::vector<int> units, Activation activation, std::uint64_t seed);

  std::vector<float>& weights() { return weights_; }
  /// The input of a batch: feature f of pixel i goes to [f * kBatch + i].
  float* input() { return values_.front().data(); }
  /// Logits of the batch, as input().
  const float* forward();
  /// After forward(): the loss, sum_i weight_i * cross entropy of pixel i, and its gradient in the order of weights().
  /// `log_probability`, where given, receives that of each pixel's class.
  double backward(const std::uint16_t* labels, const float* pixel_weights, std::vector<float>& gradient);
  double loss(const std::uint16_t* labels, const float* pixel_weights, int* correct);
  Network finish(Scaling scaling) const;

 private:
  std::vector<int> units_;
  Activation activation_;
  std::vector<float> weights_;
  std::vector<std::vector<float>> values_;  ///< by layer, before it the input; kBatch pixels a unit
  std::vector<std::vector<float>> errors_;  ///< derivatives of the loss by what the layers gave
};

}  // namespace nadir
