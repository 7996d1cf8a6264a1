// Functors of the segmentation family.
#pragma once

#include <cmath>

#include "pipeline/core/view.h"
#include "stages/wavelet/subbands.h"

namespace nadir {

/// Coefficients of a level around (cx, cy), clipped to those over the scene.
struct Neighbourhood {
  int left, top, right, bottom;  ///< inclusive

  HD Neighbourhood(int cx, int cy, int radius, Size size)
      : left(cx > radius ? cx - radius : 0),
        top(cy > radius ? cy - radius : 0),
        right(cx + radius < size.width ? cx + radius : size.width - 1),
        bottom(cy + radius < size.height ? cy + radius : size.height - 1) {}
};

struct TextureEnergy {
  ConstTileView packed;
  TileView out;
  SubbandLayout layout;
  Size size;
  int level;
  int radius;

  HD void operator()(int b, int cx, int cy) const {
    const Neighbourhood near(cx, cy, radius, size);
    const int shift = layout.levels - level;
    float sum = 0;
    int count = 0;
    for (int y = near.top; y <= near.bottom; ++y)
      for (int x = near.left; x <= near.right; ++x) {
        if (!packed.is_valid((x >> shift) + layout.margin, (y >> shift) + layout.margin)) continue;
        const float lh = layout.at(packed, b, level, Orientation::lh, x, y);
        const float hl = layout.at(packed, b, level, Orientation::hl, x, y);
        const float hh = layout.at(packed, b, level, Orientation::hh, x, y);
        sum += lh * lh + hl * hl + hh * hh;
        ++count;
      }
    out(b, cx, cy) = count > 0 ? std::sqrt(sum / float(3 * count)) : 0.0f;
  }
};

struct LocalMean {
  ConstTileView packed;
  TileView out;
  SubbandLayout layout;
  Size size;
  int radius;

  HD void operator()(int b, int cx, int cy) const {
    float sum = 0;
    int count = 0;
    for (int r = 0; r <= radius && count == 0; ++r) {
      const Neighbourhood near(cx, cy, r, size);
      for (int y = near.top; y <= near.bottom; ++y)
        for (int x = near.left; x <= near.right; ++x) {
          if (!packed.is_valid(x + layout.margin, y + layout.margin)) continue;
          sum += packed(layout.ll(b), x + layout.margin, y + layout.margin);
          ++count;
        }
    }
    out(b, cx, cy) = count > 0 ? sum / float(count) : 0.0f;
  }
};

}  // namespace nadir
