// Small parts of the stage interface.
#include "pipeline/core/stage.h"

#include <array>

namespace nadir {

Window Footprint::window(const Window& out) const {
  if (out.empty()) return {};
  const auto low = [this](int a) { return floor_div(a * den, num) - margin + offset; };
  const auto high = [this](int b) { return ceil_div(b * den, num) + margin + offset; };
  return from_edges(low(out.x), low(out.y), high(out.right()), high(out.bottom()));
}

const char* name_of(PortType type) {
  constexpr std::array names{"image", "labels", "survey", "transform", "statistics", "model"};
  return names[std::size_t(type)];
}

}  // namespace nadir
