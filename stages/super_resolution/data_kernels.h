// The solver's pixel by pixel steps as functors, with the bits of data_term.cpp and block_solver.cpp.
#pragma once

#include <cstddef>

#include "pipeline/core/view.h"

namespace nadir {

/// InterpolationTaps with four samples, where the loops run; by phase.
struct BicubicTaps {
  static constexpr int kMostScale = 4;
  static constexpr int kTaps = 4;
  int scale;
  int first[kMostScale];  ///< relative to the coarse sample that a fine one belongs to
  float weights[kMostScale][kTaps];
};

/// The interpolation of an image that is mirrored at its edges, and beyond the edges of the fine image what it shows
/// within. Samples and order of sums as Interpolate has them where all are valid.
struct InterpolateMirrored {
  ConstTileView coarse;  ///< the whole image
  TileView fine;
  BicubicTaps taps;

  HD void operator()(int b, int u, int v) const {
    const int width = coarse.window.width, height = coarse.window.height;
    const int x = mirror(u, width * taps.scale), y = mirror(v, height * taps.scale);
    const int own_x = x / taps.scale, own_y = y / taps.scale;
    const int across = x - own_x * taps.scale, down = y - own_y * taps.scale;
    const int left = own_x + taps.first[across], top = own_y + taps.first[down];
    float sum = 0;
    for (int j = 0; j < BicubicTaps::kTaps; ++j) {
      const int from = mirror(top + j, height);
      float row = 0;
      for (int i = 0; i < BicubicTaps::kTaps; ++i)
        row += taps.weights[across][i] * coarse(b, mirror(left + i, width), from);
      sum += taps.weights[down][j] * row;
    }
    fine(b, u, v) = sum;
    if (b == 0) fine.mask()(u, v) = 1;
  }
};

/// Pixels outside [0, width) x [0, height) from their mirror image inside; the mask is left alone.
struct MirrorSamples {
  TileView x;
  int width, height;

  HD void operator()(int b, int u, int v) const {
    if (u < 0 || u >= width || v < 0 || v >= height) x(b, u, v) = x(b, mirror(u, width), mirror(v, height));
  }
};

/// z := x + c
struct AddTiles {
  ConstTileView x, c;
  TileView z;
  HD void operator()(int b, int u, int v) const { z(b, u, v) = x(b, u, v) + c(b, u, v); }
};

/// A weighted sum of the bands, as rows of `width`.
struct MixBands {
  ConstTileView x;
  const float* weights;
  float offset;
  std::ptrdiff_t width;
  float* out;

  HD void operator()(int, int u, int v) const {
    float sum = offset;
    for (int b = 0; b < x.bands; ++b) sum += weights[b] * x(b, u, v);
    out[v * width + u] = sum;
  }
};

struct CopyBand {
  ConstTileView z;
  int band;
  std::ptrdiff_t width;
  float* out;
  HD void operator()(int, int u, int v) const { out[v * width + u] = z(band, u, v); }
};

}  // namespace nadir
