// Pixels of known class: how they are picked, capped and balanced.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/segmentation/training_set.h"

namespace nadir {

/// Pixels inside survey features; TrainingSet::groups holds the index into Survey::features. `rank` is a random number
/// that belongs to the pixel's place in the scene: the lowest ranks of a set are a fair sample of it, whatever else was
/// looked at.
struct LabelledPixels {
  TrainingSet set;
  std::vector<std::uint64_t> rank;

  std::size_t size() const { return set.size(); }
  void append(const LabelledPixels& other, std::size_t index);
};

/// How representatives of a class are chosen where it has too many pixels.
enum class Sampling {
  random,  ///< in turns from the class's features, so that large ones do not crowd out small ones
  herding  ///< each next one brings the mean of the chosen closest to that of the class (Welling, ICML 2009)
};

/// At most `cap` pixels of every survey feature, those of lowest rank, in their order.
LabelledPixels capped_by_feature(const LabelledPixels& pixels, std::size_t cap);

/// At most `cap` pixels of every class from the pixels with take[i] != 0. Herding looks at features brought to zero
/// mean and unit spread, and takes cap x pixels x features steps a class.
TrainingSet balanced(const LabelledPixels& pixels, const std::vector<char>& take, std::size_t cap,
                     Sampling sampling = Sampling::random);

}  // namespace nadir
