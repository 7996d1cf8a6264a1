// Functors that make a scene whole before it is split: what lies beyond its edges, and what stands for its holes.
#pragma once

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

}  // namespace nadir
