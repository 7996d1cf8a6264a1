// What tests of adjoints need: inner products, and images seen beyond their edges by the rule itself.
#pragma once

#include "pipeline/core/image.h"

namespace nadir::test {

/// Of the first bands of two tiles of the same window.
inline double dot(const Tile& a, const Tile& b) {
  double sum = 0;
  for (int y = 0; y < a.window().height; ++y)
    for (int x = 0; x < a.window().width; ++x) sum += double(a.view()(0, x, y)) * double(b.view()(0, x, y));
  return sum;
}

/// The image seen through a window that may reach beyond it.
inline Tile mirrored(const Tile& image, const Window& window) {
  Tile tile(window, 1);
  tile.fill(0, true);
  for (int y = window.y; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x)
      tile.view()(0, x, y) = image.view()(0, mirror(x, image.window().width), mirror(y, image.window().height));
  return tile;
}

}  // namespace nadir::test
