// Connected areas of one class.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/view.h"

namespace nadir {

/// Numbers the areas of equal, valid samples of the first band over a window, connected by edges, from 0 in the order
/// of their first pixels (two passes with a union of equals: Rosenfeld, Pfaltz, JACM 13, 1966).
class Components {
 public:
  Components(ConstTileView labels, const Window& window);

  int count() const { return int(sizes_.size()); }
  /// Pixels within the window.
  int size(std::int32_t area) const { return sizes_[std::size_t(area)]; }
  /// Number of the area, -1 for invalid pixels.
  std::int32_t at(int x, int y) const { return areas_[place(x, y)]; }

 private:
  std::size_t place(int x, int y) const {
    return std::size_t(y - window_.y) * std::size_t(window_.width) + std::size_t(x - window_.x);
  }

  Window window_;
  std::vector<std::int32_t> areas_;
  std::vector<std::int32_t> sizes_;
};

}  // namespace nadir
