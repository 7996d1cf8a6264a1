// A pyramid of copies as functors, with the bits of PyramidLayout and Guide.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stages/super_resolution/guide_units.h"
#include "stages/super_resolution/pyramid.h"

namespace nadir {

/// A copy from the image above it; see PyramidLayout::fill_copies. Pixel (x, y) of the copy.
struct FillCopy {
  float* pyramid;
  std::ptrdiff_t stride;
  int top;
  const DownscaleTable::Entry* columns;
  const DownscaleTable::Entry* rows;

  HD void operator()(int, int x, int y) const {
    const DownscaleTable::Entry& e = rows[y];
    const DownscaleTable::Entry& c = columns[x];
    float sum = 0;
    for (int j = 0; j < DownscaleTable::kTaps; ++j) {
      const float* at = pyramid + c.index[j];
      float row = e.weight[0] * at[e.index[0] * stride];
      for (int i = 1; i < DownscaleTable::kTaps; ++i) row += e.weight[i] * at[e.index[i] * stride];
      sum += c.weight[j] * row;
    }
    pyramid[(top + y) * stride + x] = sum;
  }
};

/// What patches are compared by, as Guide::quantize rounds it.
struct QuantizeGuide {
  const float* pyramid;
  std::int16_t* guide;
  std::ptrdiff_t stride;

  HD void operator()(int, int x, int y) const {
    guide[y * stride + x] = std::int16_t(guide_steps(pyramid[y * stride + x]));
  }
};

}  // namespace nadir
