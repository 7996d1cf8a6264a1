// Values for invalid samples, so that solvers can work on full rectangles.
#include "stages/super_resolution/fill.h"

#include <algorithm>

namespace nadir {
namespace {

// The mean of the valid samples among the 2 x 2 that a sample of the halved image covers.
Tile halve(ConstTileView fine) {
  const Window w = fine.window;
  Tile half({0, 0, (w.width + 1) / 2, (w.height + 1) / 2}, fine.bands);
  const TileView out = half.view();
  for (int y = 0; y < out.window.height; ++y)
    for (int x = 0; x < out.window.width; ++x) {
      const Window under = intersect({w.x + 2 * x, w.y + 2 * y, 2, 2}, w);
      for (int b = 0; b < fine.bands; ++b) {
        float sum = 0;
        int count = 0;
        for (int v = under.y; v < under.bottom(); ++v)
          for (int u = under.x; u < under.right(); ++u)
            if (fine.is_valid(u, v)) sum += fine(b, u, v), ++count;
        out(b, x, y) = count ? sum / float(count) : 0;
        out.mask()(x, y) = count > 0;
      }
    }
  return half;
}

// Invalid samples from the halved image, then smoothed once over their neighbours.
void push(ConstTileView half, TileView fine) {
  const Window w = fine.window;
  const auto each_invalid = [&](auto visit) {
    for (int y = w.y; y < w.bottom(); ++y)
      for (int x = w.x; x < w.right(); ++x)
        if (!fine.is_valid(x, y)) visit(x, y);
  };
  for (int b = 0; b < fine.bands; ++b) {
    each_invalid([&](int x, int y) { fine(b, x, y) = half(b, (x - w.x) / 2, (y - w.y) / 2); });
    each_invalid([&](int x, int y) {
      const Window around = intersect({x - 1, y - 1, 3, 3}, w);
      float sum = 0;
      for (int v = around.y; v < around.bottom(); ++v)
        for (int u = around.x; u < around.right(); ++u) sum += fine(b, u, v);
      fine(b, x, y) = sum / float(around.area());
    });
  }
}

}  // namespace

void fill_invalid(TileView tile) {
  if (tile.window.empty() || all_valid(tile, tile.window)) return;
  Tile half = halve(tile);
  if (tile.window.width > 1 || tile.window.height > 1) fill_invalid(half.view());
  push(half.view(), tile);
}

}  // namespace nadir
