// What stages that append bands have in common.
#pragma once

#include "pipeline/core/view.h"

namespace nadir {

/// Physical values are a line in the samples: reflectance = scale * sample + offset.
struct Reflectance {
  int band = 0;
  float scale = 1, offset = 0;
  HD float operator()(ConstTileView in, int x, int y) const { return scale * in(band, x, y) + offset; }
};

/// The bands that were there, and the mask.
struct CopyBands {
  ConstTileView in;
  TileView out;
  HD void operator()(int band, int x, int y) const {
    if (band == 0) out.mask()(x, y) = in.is_valid(x, y);
    out(band, x, y) = in(band, x, y);
  }
};

}  // namespace nadir
