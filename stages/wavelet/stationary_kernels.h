// Functors of the stationary transform; formulas in stationary_ops.h.
#pragma once

#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet_kernels.h"

namespace nadir {

/// One channel along x, taps `step` apart.
struct StationaryX {
  ConstTileView in;
  TileView out;
  AnalysisChannel channel;
  int step;

  HD void operator()(int b, int x, int y) const {
    out(b, x, y) = balanced_sum(channel, Strided{&in(b, x + step * channel.first, y), step});
  }
};

/// One channel along y, to band `first + stride b` of a tile whose pixel (0, 0) is `shift` pixels from the scene's.
struct StationaryY {
  ConstTileView in;
  TileView out;
  AnalysisChannel channel;
  int step;
  int first = 0;
  int stride = 1;
  int shift = 0;

  HD void operator()(int b, int x, int y) const {
    const Strided samples{&in(b, x, y + step * channel.first), step * in.stride};
    out(first + stride * b, x + shift, y + shift) = balanced_sum(channel, samples);
  }
};

/// The mask, which is that of the scene.
struct StationaryMask {
  ConstTileView fine;
  TileView packed;
  int margin;

  HD void operator()(int /*b*/, int x, int y) const { packed.mask()(x, y) = fine.is_valid(x - margin, y - margin); }
};

struct TakeStationarySubband {
  ConstTileView packed;
  TileView out;
  int first;
  int stride;
  int shift;

  HD void operator()(int b, int x, int y) const {
    out(b, x, y) = packed(first + stride * b, x + shift, y + shift);
    if (b == 0) out.mask()(x, y) = packed.is_valid(x + shift, y + shift);
  }
};

/// One subband of the packed image as a source of coefficients in the scene's pixels.
struct StationarySource {
  ConstTileView packed;
  int first;
  int stride;
  int shift;
  HD double operator()(int b, int x, int y) const {
    return finite_or_zero(packed(first + stride * b, x + shift, y + shift));
  }
};

/// sum_j taps[j] coefficients(i - step (first + j)).
template <class Coefficients>
HD inline double stationary_sum(const SynthesisChannel& channel, int step, int i, const Coefficients& coefficients) {
  double sum = 0;
  for (int j = 0; j < channel.length; ++j) sum += channel.taps[j] * coefficients(i - step * (channel.first + j));
  return sum;
}

/// Both channels back along y.
template <class Low>
struct StationaryBackY {
  Low low;
  StationarySource high;
  TileView out;
  SynthesisChannel back_low;
  SynthesisChannel back_high;
  int step;

  template <class Source>
  struct Column {
    const Source& source;
    int b;
    int x;
    HD double operator()(int y) const { return source(b, x, y); }
  };
  HD void operator()(int b, int x, int y) const {
    const double sum = stationary_sum(back_low, step, y, Column<Low>{low, b, x}) +
                       stationary_sum(back_high, step, y, Column<StationarySource>{high, b, x});
    out(b, x, y) = float(0.5 * sum);
  }
};

/// Both channels back along x.
struct StationaryBackX {
  ConstTileView low;
  ConstTileView high;
  TileView out;
  SynthesisChannel back_low;
  SynthesisChannel back_high;
  int step;

  struct Row {
    const float* samples;
    int left;
    HD double operator()(int x) const { return double(samples[x - left]); }
  };
  HD void operator()(int b, int x, int y) const {
    const double sum = stationary_sum(back_low, step, x, Row{low.band(b).row(y), low.window.x}) +
                       stationary_sum(back_high, step, x, Row{high.band(b).row(y), high.window.x});
    out(b, x, y) = float(0.5 * sum);
  }
};

/// The mask of the way back.
struct StationaryBackMask {
  ConstTileView packed;
  ConstTileView like;  ///< may be empty
  TileView fine;
  int margin;

  HD void operator()(int b, int x, int y) const {
    const bool valid = like.valid ? like.is_valid(x, y) : packed.is_valid(x + margin, y + margin);
    if (!valid) fine(b, x, y) = 0;
    if (b == 0) fine.mask()(x, y) = valid;
  }
};

}  // namespace nadir
