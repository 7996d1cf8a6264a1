// Functors of the wavelet family. Samples are stored in float32. Analysis sums in float32 with four partial sums,
// synthesis in double; six levels there and back then stay within 1e-6 of the range.
#pragma once

#include <cfloat>
#include <cmath>

#include "pipeline/core/view.h"
#include "stages/wavelet/fill_kernels.h"

namespace nadir {

/// sum_j taps[j] sample(j) as four sums over j mod 4, whose rounding errors grow with a quarter of the length.
template <class Samples>
HD inline float balanced_sum(const AnalysisChannel& c, const Samples& sample) {
  float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int j = 0;
  for (; j + 4 <= c.length; j += 4) {
    s0 += c.taps[j] * sample(j);
    s1 += c.taps[j + 1] * sample(j + 1);
    s2 += c.taps[j + 2] * sample(j + 2);
    s3 += c.taps[j + 3] * sample(j + 3);
  }
  if (j < c.length) s0 += c.taps[j] * sample(j);
  if (j + 1 < c.length) s1 += c.taps[j + 1] * sample(j + 1);
  if (j + 2 < c.length) s2 += c.taps[j + 2] * sample(j + 2);
  return (s0 + s1) + (s2 + s3);
}

/// Samples from one on, `step` apart.
struct Strided {
  const float* first;
  std::ptrdiff_t step;
  HD float operator()(int j) const { return first[j * step]; }
};

/// One channel along x.
struct AnalyzeX {
  ConstTileView in;
  TileView out;
  AnalysisChannel channel;

  HD void operator()(int b, int x, int y) const {
    out(b, x, y) = balanced_sum(channel, Strided{&in(b, 2 * x + channel.first, y), 1});
  }
};

/// One channel along y.
struct AnalyzeY {
  ConstTileView in;
  AnalysisChannel channel;

  HD float value(int b, int x, int y) const {
    return balanced_sum(channel, Strided{&in(b, x, 2 * y + channel.first), in.stride});
  }
};

struct AnalyzeYToTile {
  AnalyzeY axis;
  TileView out;
  HD void operator()(int b, int x, int y) const { out(b, x, y) = axis.value(b, x, y); }
};

/// The same, to the bands of one level and orientation.
struct AnalyzeYToBands {
  AnalyzeY axis;
  TileView packed;
  SubbandLayout layout;
  int level;
  Orientation orientation;

  HD void operator()(int b, int x, int y) const {
    const int shift = layout.levels - level;
    const int mask = (1 << shift) - 1;
    packed(layout.band(b, level, orientation, y & mask, x & mask), (x >> shift) + layout.margin,
           (y >> shift) + layout.margin) = axis.value(b, x, y);
  }
};

/// The approximations of the last level, and the mask.
struct PackCoarsest {
  ConstTileView approximations;
  ConstTileView means;  ///< for its mask
  TileView packed;
  SubbandLayout layout;

  HD void operator()(int b, int x, int y) const {
    packed(layout.ll(b), x + layout.margin, y + layout.margin) = approximations(b, x, y);
    if (b == 0) packed.mask()(x + layout.margin, y + layout.margin) = means.is_valid(x, y);
  }
};

HD inline double finite_or_zero(float v) { return fabsf(v) <= FLT_MAX ? double(v) : 0.0; }

struct ApproximationSource {
  ConstTileView tile;
  HD double operator()(int b, int x, int y) const { return finite_or_zero(tile(b, x, y)); }
};

/// Approximations in whose place others may come: those count where they are valid.
struct ReplaceApproximations {
  ConstTileView own;
  ConstTileView others;
  TileView out;
  HD void operator()(int b, int x, int y) const {
    const bool other = others.window.contains(x, y) && others.is_valid(x, y);
    out(b, x, y) = other ? others(b, x, y) : own(b, x, y);
  }
};

struct DetailSource {
  ConstTileView packed;
  SubbandLayout layout;
  int level;
  Orientation orientation;
  HD double operator()(int b, int x, int y) const {
    return finite_or_zero(layout.at(packed, b, level, orientation, x, y));
  }
};

/// What coefficients(k) of one channel add to sample i: sum_k taps[i - 2k - first] coefficients(k).
template <class Coefficients>
HD inline double synthesized_at(const SynthesisChannel& channel, int i, double sum, const Coefficients& coefficients) {
  for (int j = (i - channel.first) & 1; j < channel.length; j += 2)
    sum += channel.taps[j] * coefficients((i - channel.first - j) >> 1);
  return sum;
}

/// Both channels along y together.
template <class Low>
struct SynthesizeY {
  Low low;
  DetailSource high;
  TileView out;
  SynthesisChannel back_low;
  SynthesisChannel back_high;

  template <class Source>
  struct Column {
    const Source& source;
    int b;
    int x;
    HD double operator()(int k) const { return source(b, x, k); }
  };
  HD void operator()(int b, int x, int y) const {
    const double sum = synthesized_at(back_low, y, 0, Column<Low>{low, b, x});
    out(b, x, y) = float(synthesized_at(back_high, y, sum, Column<DetailSource>{high, b, x}));
  }
};

struct SynthesizeX {
  ConstTileView low;
  ConstTileView high;
  TileView out;
  SynthesisChannel back_low;
  SynthesisChannel back_high;

  struct Row {
    const float* samples;
    int left;
    HD double operator()(int k) const { return double(samples[k - left]); }
  };
  HD void operator()(int b, int x, int y) const {
    const double sum = synthesized_at(back_low, x, 0, Row{low.band(b).row(y), low.window.x});
    out(b, x, y) = float(synthesized_at(back_high, x, sum, Row{high.band(b).row(y), high.window.x}));
  }
};

/// One subband of a decimated decomposition in its own pixels. `orientation` counts for details only.
struct TakeSubband {
  ConstTileView packed;
  TileView out;
  SubbandLayout layout;
  bool details;
  int level;
  Orientation orientation;

  HD void operator()(int b, int x, int y) const {
    const int shift = layout.levels - level;
    const int block_x = (x >> shift) + layout.margin;
    const int block_y = (y >> shift) + layout.margin;
    out(b, x, y) = details ? layout.at(packed, b, level, orientation, x, y) : packed(layout.ll(b), block_x, block_y);
    if (b == 0) out.mask()(x, y) = packed.is_valid(block_x, block_y);
  }
};

struct MaskSynthesis {
  ConstTileView packed;
  ConstTileView like;  ///< may be empty
  TileView fine;
  SubbandLayout layout;

  HD bool is_valid(int x, int y) const {
    if (like.valid) return like.is_valid(x, y);
    return packed.is_valid((x >> layout.levels) + layout.margin, (y >> layout.levels) + layout.margin);
  }
  HD void operator()(int b, int x, int y) const {
    const bool valid = is_valid(x, y);
    if (!valid) fine(b, x, y) = 0;
    if (b == 0) fine.mask()(x, y) = valid;
  }
};

}  // namespace nadir
