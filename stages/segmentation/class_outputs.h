// What stages that classify pixels give.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

enum ClassOutput : std::size_t { kLabels, kConfidence, kProbabilities, kRated };

/// The ports, by ClassOutput; `confidence` says what that is a probability of.
std::vector<Port> class_ports(const char* confidence);

/// Images on the grid of `image`, by ClassOutput. Without classes (the model is not known while planning) probabilities
/// have as many bands as a model may be expected to.
std::vector<ImageInfo> class_outputs(const ImageInfo& image, const std::vector<ClassInfo>& classes);

/// A row of classified pixels.
struct ClassifiedRow {
  Window pixels;                 ///< one row high
  const std::uint16_t* winners;  ///< index of the class, by pixel
  const float* probabilities;    ///< k * stride + i for class k of pixel i; not read where only labels are asked for
  std::ptrdiff_t stride;
};

/// Puts a row where outputs want it. `ids` of the classes; what is invalid in `image` becomes so.
void put_row(const ClassifiedRow& row, const std::vector<std::uint16_t>& ids, const ConstTileView& image, Outputs out);

std::vector<std::uint16_t> ids_of(const std::vector<ClassInfo>& classes);

}  // namespace nadir
