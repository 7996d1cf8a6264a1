// Training of small networks.
#pragma once

#include <cstdint>

#include "stages/segmentation/network.h"
#include "stages/segmentation/training_set.h"

namespace nadir {

struct NetworkParams {
  std::vector<double> hidden{32, 32};  ///< units of the hidden layers
  Activation activation = Activation::relu;
  int steps = 3000;              ///< mini-batches
  double learning_rate = 0.005;  ///< at the start; falls to 0 along half a cosine
  double weight_decay = 1e-3;    ///< a step's share of the learning rate by which weights shrink
  bool early_stopping = true;
  bool curriculum = false;  ///< easy pixels first
  bool balanced = true;     ///< every class counts the same, however many pixels it has
};

struct TrainedNetwork {
  Network network;
  int steps = 0;                   ///< of the training that gave it
  double validation_accuracy = 0;  ///< at its best, 0 without validation
};

/// Minimises the cross entropy by Adam with decoupled weight decay (Kingma, Ba, ICLR 2015; Loshchilov, Hutter, ICLR
/// 2019), from He's initial weights, in mini-batches of 64. Early stopping: a fifth of the survey features of every
/// class (TrainingSet::groups), never single pixels of one, is held out; the number of steps after which the held-out
/// loss was least is then trained on everything. A pixel's loss counts by its weight. Curriculum (Bengio et al., ICML
/// 2009): pixels in the order of the margin that a normal distribution a class gives them; the first half of the
/// training draws from a growing easy part. One thread, and random numbers by seed and step: the same network every
/// time.
TrainedNetwork train_network(const TrainingSet& set, std::size_t classes, const NetworkParams& params,
                             std::uint64_t seed);

}  // namespace nadir
