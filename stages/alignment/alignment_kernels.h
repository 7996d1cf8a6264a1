// Functors of the alignment family.
#pragma once

#include <cmath>

#include "pipeline/core/view.h"

namespace nadir {

struct SourcePoint {
  double u;
  double v;
};

/// Where an output pixel comes from: an affine map, and a bend on a lattice with clamped edges.
struct SourceMap {
  double m[6];
  Size size;
  const float* bend_x;
  const float* bend_y;
  int step;  ///< 0: no bend
  int across;
  int down;

  HD SourcePoint at(int x, int y) const {
    SourcePoint p{m[0] + m[1] * (x + 0.5) + m[2] * (y + 0.5), m[3] + m[4] * (x + 0.5) + m[5] * (y + 0.5)};
    if (step == 0) return p;
    const double s = (x + 0.5) / step, t = (y + 0.5) / step;
    const int i = clamp(int(floor(s)), across - 2), j = clamp(int(floor(t)), down - 2);
    const double a = s - i, b = t - j;
    const int k = j * across + i;
    p.u += mix(bend_x + k, a, b);
    p.v += mix(bend_y + k, a, b);
    return p;
  }
  HD static int clamp(int i, int most) { return i < 0 ? 0 : i > most ? most : i; }
  HD double mix(const float* node, double a, double b) const {
    const double upper = node[0] + a * (double(node[1]) - node[0]);
    const double lower = node[across] + a * (double(node[across + 1]) - node[across]);
    return upper + b * (lower - upper);
  }
  HD bool inside(double u, double v) const { return u >= 0 && u < size.width && v >= 0 && v < size.height; }
};

/// Copies samples by a whole number of pixels.
struct MovePixels {
  ConstTileView in;
  TileView out;
  int dx;
  int dy;
  Size size;

  HD void operator()(int b, int x, int y) const {
    const int sx = x + dx;
    const int sy = y + dy;
    const bool inside = sx >= 0 && sx < size.width && sy >= 0 && sy < size.height;
    out(b, x, y) = inside ? in(b, sx, sy) : 0.0f;
    if (b == 0) out.mask()(x, y) = inside && in.is_valid(sx, sy);
  }
};

/// The weights of one axis for one pixel.
struct AxisWeights {
  const float* table;
  int taps;
  int phases;
  int first;
  double anchor;

  struct At {
    int start;          ///< first source sample
    const float* row;   ///< weights of the phase below …
    const float* next;  ///< … and above,
    float part;         ///< mixed by this much
    HD float operator[](int j) const { return row[j] + part * (next[j] - row[j]); }
  };

  HD At at(int pixel, double u) const {
    if (phases == 0) return {pixel + first, table, table, 0.0f};
    const double s = u - anchor;
    const double base = floor(s);
    const double phase = (s - base) * phases;
    const int k = phase < phases ? int(phase) : phases - 1;
    return {int(base) + first, table + k * taps, table + (k + 1) * taps, float(phase - k)};
  }
};

/// Mask-normalised interpolation, written as base + sum w (sample - base) / sum w over the valid taps, so that
/// constants stay exact; the base is the nearest sample where that is valid. Summed column by column, so that vectors
/// can hold the columns.
struct Interpolate {
  ConstTileView in;
  TileView out;
  SourceMap map;
  AxisWeights axis_x;
  AxisWeights axis_y;

  HD void operator()(int b, int x, int y) const {
    const SourcePoint p = map.at(x, y);
    const double u = p.u, v = p.v;
    float value = 0.0f;
    const bool valid = map.inside(u, v) && mix(b, u, v, axis_x.at(x, u), axis_y.at(y, v), value);
    out(b, x, y) = value;
    if (b == 0) out.mask()(x, y) = valid;
  }

  HD bool mix(int b, double u, double v, const AxisWeights::At& wx, const AxisWeights::At& wy, float& value) const {
    bool based = in.is_valid(int(u), int(v));
    float base = based ? in(b, int(u), int(v)) : 0.0f;
    float sum = 0;
    float weight = 0;
    float size = 0;
    float full_size = 0;
    for (int i = 0; i < axis_x.taps; ++i) {
      const float column = wx[i];
      float column_sum = 0;
      float column_weight = 0;
      for (int j = 0; j < axis_y.taps; ++j) {
        const float w = wy[j] * column;
        if (w == 0.0f) continue;
        full_size += fabsf(w);
        const int sx = wx.start + i;
        const int sy = wy.start + j;
        if (!in.is_valid(sx, sy)) continue;
        const float sample = in(b, sx, sy);
        if (!based) base = sample;
        based = true;
        column_sum += w * (sample - base);
        column_weight += w;
        size += fabsf(w);
      }
      sum += column_sum;
      weight += column_weight;
    }
    if (size < 0.5f * full_size || weight <= 0.0f) return false;
    value = base + sum / weight;
    return true;
  }
};

}  // namespace nadir
