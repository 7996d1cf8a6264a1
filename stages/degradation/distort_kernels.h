// The functor of geometric distortion.
#pragma once

#include <cmath>

#include "pipeline/core/random.h"
#include "pipeline/core/view.h"
#include "stages/degradation/distort_ops.h"

namespace nadir {

struct PixelPlace {
  double x;
  double y;
};

/// A random number in [-1, 1] of a knot.
HD inline double knot(std::uint64_t seed, int axis, int i, int j) {
  const std::uint64_t place = std::uint64_t(std::uint32_t(j)) << 32 | std::uint32_t(i);
  const std::uint64_t bits = split_mix(split_mix(split_mix(seed) + std::uint64_t(axis)) ^ place);
  return double(bits >> 11) * 0x1p-52 - 1;
}

/// The uniform cubic B-spline's weight of knot k in 0..3 at t in [0, 1) between knots 1 and 2.
HD inline double spline_weight(int k, double t) {
  const double s = 1 - t;
  if (k == 0) return s * s * s / 6;
  if (k == 1) return (3 * t * t * t - 6 * t * t + 4) / 6;
  if (k == 2) return (3 * s * s * s - 6 * s * s + 4) / 6;
  return t * t * t / 6;
}

/// Pixel centres lie at whole numbers.
HD inline PixelPlace place_of(const Distortion& d, int x, int y) {
  const double middle_x = 0.5 * (d.size.width - 1), middle_y = 0.5 * (d.size.height - 1);
  const double u = d.a[0] * (x - middle_x) + d.a[1] * (y - middle_y);
  const double v = d.a[2] * (x - middle_x) + d.a[3] * (y - middle_y);
  const double corner = middle_x * middle_x + middle_y * middle_y;
  const double stretch = corner > 0 ? 1 + d.radial * ((u * u + v * v) / corner) : 1;
  PixelPlace p{u * stretch + middle_x + d.shift_x, v * stretch + middle_y + d.shift_y};
  if (d.amplitude == 0) return p;
  const double gx = x / d.wavelength, gy = y / d.wavelength;
  const int i = int(floor(gx)), j = int(floor(gy));
  double sum_x = 0, sum_y = 0;
  for (int n = 0; n < 4; ++n)
    for (int m = 0; m < 4; ++m) {
      const double weight = spline_weight(m, gx - i) * spline_weight(n, gy - j);
      sum_x += weight * knot(d.seed, 0, i + m - 1, j + n - 1);
      sum_y += weight * knot(d.seed, 1, i + m - 1, j + n - 1);
    }
  p.x += d.amplitude * sum_x;
  p.y += d.amplitude * sum_y;
  return p;
}

/// Keys' cubic with a = -1/2 at distance t of samples -1, 0, 1, 2.
HD inline double cubic_weight(int k, double t) {
  if (k == 0) return t * (t * (2 - t) - 1) / 2;
  if (k == 1) return (t * t * (3 * t - 5) + 2) / 2;
  if (k == 2) return t * (t * (4 - 3 * t) + 1) / 2;
  return t * t * (t - 1) / 2;
}

struct Distort {
  ConstTileView in;
  TileView out;
  Distortion distortion;

  HD void operator()(int b, int x, int y) const {
    const PixelPlace p = place_of(distortion, x, y);
    const int i = int(floor(p.x)), j = int(floor(p.y));
    const double tx = p.x - i, ty = p.y - j;
    const bool valid = in.is_valid(tx < 0.5 ? i : i + 1, ty < 0.5 ? j : j + 1);
    double sum = 0, weights = 0;
    for (int n = 0; valid && n < 4; ++n)
      for (int m = 0; m < 4; ++m) {
        if (!in.is_valid(i + m - 1, j + n - 1)) continue;
        const double weight = cubic_weight(m, tx) * cubic_weight(n, ty);
        sum += weight * double(in(b, i + m - 1, j + n - 1));
        weights += weight;
      }
    // Beside a hole the rest of the weights may nearly cancel; the nearest pixel is then the better answer.
    const bool steady = weights > 0.25;
    const double nearest = valid ? double(in(b, tx < 0.5 ? i : i + 1, ty < 0.5 ? j : j + 1)) : 0;
    out(b, x, y) = !valid ? 0.0f : float(steady ? sum / weights : nearest);
    if (b == 0) out.mask()(x, y) = valid;
  }
};

}  // namespace nadir
