// Pixels of known class, as trainers take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nadir {

struct TrainingSet {
  int features = 0;
  std::vector<float> values;          ///< a row of features a pixel
  std::vector<std::uint16_t> labels;  ///< index of the class
  std::vector<std::int32_t> groups;   ///< survey feature that the pixel lies in, or empty: pixels are on their own
  std::vector<float> weights{};       ///< of each pixel, in (0, 1], or empty: all count as one

  std::size_t size() const { return labels.size(); }
  double weight(std::size_t i) const { return weights.empty() ? 1.0 : double(weights[i]); }
  const float* row(std::size_t i) const { return values.data() + i * std::size_t(features); }
};

}  // namespace nadir
