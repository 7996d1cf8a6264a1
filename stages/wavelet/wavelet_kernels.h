// Functors of the wavelet family. Samples are stored in float32; every sum runs in double, so that six levels there and
// back stay within 1e-6 of the range.
#pragma once

#include <cfloat>
#include <cmath>

#include "pipeline/core/view.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

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

struct FillInvalid {
  ConstTileView fine;
  ConstTileView means;
  TileView filled;
  int levels;

  HD void operator()(int b, int x, int y) const {
    filled(b, x, y) = fine.is_valid(x, y) ? fine(b, x, y) : means(b, x >> levels, y >> levels);
  }
};

/// One channel along x: out[k] = sum_j taps[j] in[2k + first + j].
struct AnalyzeX {
  ConstTileView in;
  TileView out;
  Filter filter;
  bool high;

  HD void operator()(int b, int x, int y) const {
    const double* taps = high ? filter.high : filter.low;
    const int first = 2 * x + (high ? 2 - filter.length : 0);
    double sum = 0;
    for (int j = 0; j < filter.length; ++j) sum += taps[j] * double(in(b, first + j, y));
    out(b, x, y) = float(sum);
  }
};

/// One channel along y, to a tile of approximations.
struct AnalyzeY {
  ConstTileView in;
  Filter filter;
  bool high;

  HD float value(int b, int x, int y) const {
    const double* taps = high ? filter.high : filter.low;
    const int first = 2 * y + (high ? 2 - filter.length : 0);
    double sum = 0;
    for (int j = 0; j < filter.length; ++j) sum += taps[j] * double(in(b, x, first + j));
    return float(sum);
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

/// Both channels along y together: out[i] = gain sum_k (low[i - 2k] c[k] + high[i - 2k - 2 + n] d[k]).
template <class Low>
struct SynthesizeY {
  Low low;
  DetailSource high;
  TileView out;
  Filter filter;

  HD void operator()(int b, int x, int y) const {
    double sum = 0;
    for (int j = y & 1; j < filter.length; j += 2) {
      sum += filter.low[j] * low(b, x, (y - j) >> 1);
      sum += filter.high[j] * high(b, x, (y - 2 + filter.length - j) >> 1);
    }
    out(b, x, y) = float(filter.gain * sum);
  }
};

struct SynthesizeX {
  ConstTileView low;
  ConstTileView high;
  TileView out;
  Filter filter;

  HD void operator()(int b, int x, int y) const {
    double sum = 0;
    for (int j = x & 1; j < filter.length; j += 2) {
      sum += filter.low[j] * double(low(b, (x - j) >> 1, y));
      sum += filter.high[j] * double(high(b, (x - 2 + filter.length - j) >> 1, y));
    }
    out(b, x, y) = float(filter.gain * sum);
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
