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

/// Whether a block has a valid sample, as the mask of the blocks.
struct FindOccupied {
  ConstTileView fine;
  TileView blocks;  ///< its mask is written
  int levels;

  HD void operator()(int /*b*/, int x, int y) const {
    const int side = 1 << levels;
    int any = 0;
    for (int v = y * side; v < (y + 1) * side && !any; ++v)
      for (int u = x * side; u < (x + 1) * side; ++u) any |= fine.is_valid(u, v);
    blocks.mask()(x, y) = any != 0;
  }
};

/// Blocks to the nearest occupied one in the row, to the left (band 0) and to the right (band 1); more than `reach`
/// when there is none within it.
struct FindNearestInRow {
  ConstTileView occupied;
  TileView nearest;
  int reach;

  HD void operator()(int b, int x, int y) const {
    const int step = b == 0 ? -1 : 1;
    int d = 0;
    for (; d <= reach; ++d) {
      const int at = x + step * d;
      if (at < occupied.window.x || at >= occupied.window.right()) {
        d = reach + 1;
        break;
      }
      if (occupied.is_valid(at, y)) break;
    }
    nearest(b, x, y) = float(d);
  }
};

/// What stands for the invalid samples of a block: the mean of its valid ones; without any, that of the nearest blocks
/// that have some (within `reach` blocks along x and y; of the rows that have one equally near, the nearest), else 0.
/// Also 0 where nobody needs it, as all samples are valid.
struct FillBlocks {
  ConstTileView fine;
  ConstTileView occupied;
  ConstTileView nearest;
  TileView means;  ///< in blocks; its mask says which are occupied
  FillRule rule;

  HD void operator()(int b, int x, int y) const {
    const bool own = occupied.is_valid(x, y);
    if (b == 0) means.mask()(x, y) = own;
    means(b, x, y) = own ? (is_full(x, y) ? 0.0f : float(mean(b, x, y))) : float(continued(b, x, y));
  }

 private:
  HD bool is_full(int x, int y) const {
    const int side = 1 << rule.levels;
    for (int v = y * side; v < (y + 1) * side; ++v)
      for (int u = x * side; u < (x + 1) * side; ++u)
        if (!fine.is_valid(u, v)) return false;
    return true;
  }

  HD double mean(int b, int x, int y) const {
    const int side = 1 << rule.levels;
    int count = 0;
    double sum = 0;
    for (int v = y * side; v < (y + 1) * side; ++v)
      for (int u = x * side; u < (x + 1) * side; ++u)
        if (fine.is_valid(u, v)) {
          sum += double(fine(b, u, v));
          ++count;
        }
    return sum / count;
  }

  // Distance to the nearest occupied block of a row, the larger of those along x and y.
  HD int distance(int x, int y, int row) const {
    if (row < nearest.window.y || row >= nearest.window.bottom()) return rule.reach + 1;
    const int along_x = int(fminf(nearest(0, x, row), nearest(1, x, row)));
    const int along_y = row < y ? y - row : row - y;
    return along_x > along_y ? along_x : along_y;
  }

  HD double continued(int b, int x, int y) const {
    const int sides[] = {-1, 1};
    int best = rule.reach + 1;
    int off = 0;
    for (int dy = 0; dy < best; ++dy)
      for (const int side : sides)
        if (const int d = distance(x, y, y + side * dy); d < best) {
          best = d;
          off = dy;
        }
    if (best > rule.reach) return 0;
    double sum = 0;
    int count = 0;
    for (const int side : sides) {
      const int row = y + side * off;
      if (distance(x, y, row) != best || (off == 0 && count > 0)) continue;
      const float left = nearest(0, x, row), right = nearest(1, x, row);
      if (left <= right) {
        sum += mean(b, x - int(left), row);
        ++count;
      }
      if (right <= left && right > 0) {
        sum += mean(b, x + int(right), row);
        ++count;
      }
    }
    return sum / count;
  }
};

/// The scene as the first level sees it: extended by the border rule, holes filled.
struct FillInvalid {
  ConstTileView fine;
  ConstTileView means;
  TileView filled;
  FillRule rule;

  HD void operator()(int b, int x, int y) const {
    const int u = border_source(rule.border, x, rule.size.width);
    const int v = border_source(rule.border, y, rule.size.height);
    float value = 0;
    if (u != kNoSource && v != kNoSource)
      value = fine.is_valid(u, v) ? fine(b, u, v) : means(b, u >> rule.levels, v >> rule.levels);
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

  HD void operator()(int b, int x, int y) const {
    const bool valid =
        like.valid ? like.is_valid(x, y)
                   : packed.is_valid((x >> layout.levels) + layout.margin, (y >> layout.levels) + layout.margin);
    if (!valid) fine(b, x, y) = 0;
    if (b == 0) fine.mask()(x, y) = valid;
  }
};

}  // namespace nadir
