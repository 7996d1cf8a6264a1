// Functors of convolution with general point spread functions.
#pragma once

#include "pipeline/core/view.h"

namespace nadir {

/// A weighted sum over valid samples as their mean; `full` is the weight of all samples. Beside a hole the rest of the
/// weights may nearly cancel, or be hardly any; the pixel itself is then the better answer.
HD inline float masked_mean(float sum, float weight, float full, float own) {
  if (weight == full) return sum;
  return weight > 0.25f * full ? sum / weight : own;
}

struct Convolve {
  ConstTileView in;
  TileView out;
  const float* table;  ///< dx, dy, weight
  int count;
  float full_weight;  ///< sum of all weights in their order

  HD void operator()(int b, int x, int y) const {
    const bool valid = in.is_valid(x, y);
    float sum = 0;
    float weight = 0;
    for (int t = 0; valid && t < count; ++t) {
      const int u = x + int(table[3 * t]);
      const int v = y + int(table[3 * t + 1]);
      if (!in.is_valid(u, v)) continue;
      sum += table[3 * t + 2] * in(b, u, v);
      weight += table[3 * t + 2];
    }
    out(b, x, y) = valid ? masked_mean(sum, weight, full_weight, in(b, x, y)) : 0.0f;
    if (b == 0) out.mask()(x, y) = valid;
  }
};

/// Gathers from all places where position p of a mirrored signal of n samples appears within [low, high].
struct ConvolveAdjoint {
  ConstTileView in;
  TileView out;
  const float* table;
  int count;
  Size size;
  Window reach;  ///< of the extended image that the taps see

  HD void operator()(int b, int x, int y) const {
    float sum = 0;
    for (const int mirror_y : {y, 2 * size.height - 1 - y})
      for (int v = first(mirror_y, reach.y, 2 * size.height); v < reach.bottom(); v += 2 * size.height)
        for (const int mirror_x : {x, 2 * size.width - 1 - x})
          for (int u = first(mirror_x, reach.x, 2 * size.width); u < reach.right(); u += 2 * size.width)
            sum = add_taps(b, u, v, sum);
    out(b, x, y) = sum;
    if (b == 0) out.mask()(x, y) = 1;
  }

 private:
  HD static int first(int image, int low, int period) { return image + period * ceil_div(low - image, period); }
  HD float add_taps(int b, int u, int v, float sum) const {
    for (int t = 0; t < count; ++t) {
      const int from_x = u - int(table[3 * t]);
      const int from_y = v - int(table[3 * t + 1]);
      if (from_x >= 0 && from_x < size.width && from_y >= 0 && from_y < size.height)
        sum += table[3 * t + 2] * in(b, from_x, from_y);
    }
    return sum;
  }
};

}  // namespace nadir
