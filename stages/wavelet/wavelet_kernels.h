// Functors of the wavelet family. Samples are stored in float32. Analysis sums in float32 with four partial sums,
// synthesis in double; six levels there and back then stay within 1e-6 of the range.
#pragma once

#include <cfloat>
#include <cmath>

#include "pipeline/core/view.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

constexpr int kNoSource = -(1 << 30);

/// The position inside [0, n) whose sample stands at i, kNoSource for a sample of 0. Pixels beyond the scene come
/// mirrored, so the symmetric rule finds its samples where they are.
HD inline int border_source(Border border, int i, int n) {
  if (border == Border::symmetric || (i >= 0 && i < n)) return i;
  if (border == Border::zero) return kNoSource;
  const int period = border == Border::periodic ? n : n > 1 ? 2 * (n - 1) : 1;
  const int k = i - floor_div(i, period) * period;
  return k < n ? k : period - k;
}

/// Mean of the valid samples of each block, 0 where there are none or where nobody needs it (all valid).
struct BlockMeans {
  ConstTileView fine;
  TileView means;  ///< in blocks
  int levels;

  HD void operator()(int b, int x, int y) const {
    const int side = 1 << levels;
    int count = 0;
    for (int v = y * side; v < (y + 1) * side; ++v)
      for (int u = x * side; u < (x + 1) * side; ++u) count += fine.is_valid(u, v);
    double sum = 0;
    if (count > 0 && count < side * side)
      for (int v = y * side; v < (y + 1) * side; ++v)
        for (int u = x * side; u < (x + 1) * side; ++u) sum += fine.is_valid(u, v) ? double(fine(b, u, v)) : 0;
    means(b, x, y) = count > 0 ? float(sum / count) : 0.0f;
    if (b == 0) means.mask()(x, y) = count > 0;
  }
};

/// The scene as the first level sees it: extended by the border rule, holes filled.
struct FillInvalid {
  ConstTileView fine;
  ConstTileView means;
  TileView filled;
  Size size;  ///< of the scene
  Border border;
  int levels;

  HD void operator()(int b, int x, int y) const {
    const int u = border_source(border, x, size.width);
    const int v = border_source(border, y, size.height);
    float value = 0;
    if (u != kNoSource && v != kNoSource)
      value = fine.is_valid(u, v) ? fine(b, u, v) : means(b, u >> levels, v >> levels);
    filled(b, x, y) = value;
  }
};

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

struct MaskSynthesis {
  ConstTileView packed;
  ConstTileView like;  ///< may be empty
  TileView fine;
  SubbandLayout layout;

  HD void operator()(int b, int x, int y) const {
    const bool valid =
        like.valid ? like.is_valid(x, y)
                   : packed.is_valid((x >> layout.levels) + layout.margin, (y >> layout.levels) + layout.margin);
    if (!valid) fine(b, x, y) = 0;
    if (b == 0) fine.mask()(x, y) = valid;
  }
};

}  // namespace nadir
