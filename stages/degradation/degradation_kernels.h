// Functors of the degradation family.
#pragma once

#include "pipeline/core/view.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {

/// One axis of the mask-normalised observation: weighted sums of valid samples, and the weights' own sum.
struct ObserveRows {
  ConstTileView fine;
  TileView sums;    ///< bands of the image
  TileView weights; ///< one band; only written for band 0
  AxisTaps taps;

  HD void operator()(int b, int x, int y) const {
    const int left = taps.factor * x + taps.first;
    float sum = 0;
    float weight = 0;
    for (int j = 0; j < taps.count; ++j) {
      if (!fine.is_valid(left + j, y)) continue;
      sum += taps.weight[j] * fine(b, left + j, y);
      weight += taps.weight[j];
    }
    sums(b, x, y) = sum;
    if (b == 0) weights(0, x, y) = weight;
  }
};

struct ObserveColumns {
  ConstTileView sums;
  ConstTileView weights;
  TileView coarse;
  AxisTaps taps;
  float full_weight;  ///< sum of all weights of one axis, squared, as the same loops give it

  HD void operator()(int b, int x, int y) const {
    const int top = taps.factor * y + taps.first;
    float sum = 0;
    float weight = 0;
    for (int j = 0; j < taps.count; ++j) {
      sum += taps.weight[j] * sums(b, x, top + j);
      weight += taps.weight[j] * weights(0, x, top + j);
    }
    const bool valid = weight >= 0.5f * full_weight;
    const bool complete = weight == full_weight;
    coarse(b, x, y) = complete ? sum : valid ? sum / weight : 0.0f;
    if (b == 0) coarse.mask()(x, y) = valid;
  }
};

}  // namespace nadir
