// Pixels of known class: how they are picked, capped and balanced.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/segmentation/training.h"

namespace nadir {

/// Pixels inside survey features. `rank` is a random number that belongs to the pixel's place in the scene: the lowest
/// ranks of a set are a fair sample of it, whatever else was looked at.
struct LabelledPixels {
  TrainingSet set;
  std::vector<std::int32_t> feature;  ///< index into Survey::features
  std::vector<std::uint64_t> rank;

  std::size_t size() const { return set.size(); }
  void append(const LabelledPixels& other, std::size_t index);
};

/// At most `cap` pixels of every survey feature, those of lowest rank, in their order.
LabelledPixels capped_by_feature(const LabelledPixels& pixels, std::size_t cap);

/// At most `cap` pixels of every class, taken in turns from the class's features, so that large features do not crowd
/// out small ones; from the pixels with take[i] != 0.
TrainingSet balanced(const LabelledPixels& pixels, const std::vector<char>& take, std::size_t cap);

}  // namespace nadir
