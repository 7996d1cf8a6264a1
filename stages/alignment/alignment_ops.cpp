// Planning and launches of the alignment family; compiled as C++ or as CUDA.
#include "stages/alignment/alignment_ops.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/alignment/alignment_kernels.h"
#include "stages/alignment/warp_cpu.h"
#include "stages/interpolation_weights.h"

namespace nadir {
namespace {

constexpr int kPhases = 1024;  // linear interpolation between them errs by less than 1e-6 of a weight
constexpr double kWorthWidening = 1.05;
constexpr double kMostShrinking = 16;
constexpr int kBendStep = 8;  // px

double sinc(double t) {
  if (t == 0) return 1;
  if (t == std::floor(t)) return 0;
  return std::sin(std::numbers::pi * t) / (std::numbers::pi * t);
}

// Keys (1981), a = -1/2: the only cubic convolution that reproduces quadratics.
double keys(double t) {
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

double kernel(Resampling resampling, double distance) {
  const double t = std::abs(distance);
  switch (resampling) {
    case Resampling::nearest: return 1;
    case Resampling::bilinear: return std::max(0.0, 1 - t);
    case Resampling::cubic: return keys(t);
    case Resampling::lanczos3: return t < 3 ? sinc(t) * sinc(t / 3) : 0;
  }
  return 0;
}

double radius_of(Resampling resampling) {
  constexpr double radius[]{0.5, 1, 2, 3};
  return radius[int(resampling)];
}

// One row: weights of the taps around a sample position `fraction` past the anchor sample.
void add_row(WarpAxis& axis, Resampling resampling, double fraction, double widening) {
  std::vector<double> row;
  for (int j = 0; j < axis.taps; ++j) row.push_back(kernel(resampling, (axis.first + j - fraction) / widening));
  centre_weights(row, axis.first - fraction);
  for (const double w : row) axis.weights.push_back(float(w));
}

// `shift` is the constant shift along the axis when all pixels share it, else null; `shrink` source pixels an output
// pixel.
WarpAxis make_axis(Resampling resampling, const double* shift, double shrink) {
  const double widening = resampling != Resampling::nearest && shrink > kWorthWidening ? shrink : 1;
  WarpAxis axis;
  const bool nearest = resampling == Resampling::nearest;
  const int reach = nearest ? 0 : int(std::ceil(radius_of(resampling) * widening));
  axis.taps = nearest ? 1 : 2 * reach;
  axis.first = nearest ? 0 : 1 - reach;
  axis.anchor = nearest ? 0 : 0.5;
  if (shift) {
    const double moved = *shift + 0.5 - axis.anchor;
    add_row(axis, resampling, moved - std::floor(moved), widening);
    axis.first += int(std::floor(moved));
    return axis;
  }
  axis.phases = kPhases;
  for (int k = 0; k <= kPhases; ++k) add_row(axis, resampling, double(k) / kPhases, widening);
  return axis;
}

AxisWeights on_device(Exec& exec, const WarpAxis& axis) {
  return {exec.table(axis.weights), axis.taps, axis.phases, axis.first, axis.anchor};
}

void check_matrix(const std::array<double, 6>& m, double shrink) {
  const double det = m[1] * m[5] - m[2] * m[4];
  const bool near = std::abs(m[0]) < 1e9 && std::abs(m[3]) < 1e9;  // false for NaN too
  if (!near || !(std::abs(det) > 1e-9) || !std::isfinite(det))
    throw Error(Fault::data, "warp: the transform cannot be inverted; estimate it again or leave the warp out");
  if (shrink > kMostShrinking)
    throw Error(Fault::data, "warp: the transform shrinks the image " + std::to_string(shrink) +
                                 " times, at most 16 are possible; downsample the image first");
}

// Four samples of a cubic, the middle two at 0 and 1 (Catmull and Rom 1974), at t.
double cubic(double a, double b, double c, double d, double t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

// Values on a lattice of `ratio` times the spacing, interpolated along rows; the first of a row belongs to node -1.
std::vector<double> finer(const std::vector<double>& coarse, int rows, int ratio, int across) {
  const int own = int(coarse.size()) / rows;
  std::vector<double> fine;
  fine.reserve(std::size_t(rows) * std::size_t(across));
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < across; ++i) {
      const double* c = &coarse[std::size_t(r * own + i / ratio)];
      fine.push_back(cubic(c[0], c[1], c[2], c[3], double(i % ratio) / ratio));
    }
  return fine;
}

std::vector<double> transposed(const std::vector<double>& m, int rows) {
  const int across = int(m.size()) / rows;
  std::vector<double> t;
  t.reserve(m.size());
  for (int i = 0; i < across; ++i)
    for (int r = 0; r < rows; ++r) t.push_back(m[std::size_t(r * across + i)]);
  return t;
}

// The formula at nodes as far apart as its smoothness allows, because knots make it slow; cubics between them.
BendLattice make_lattice(const Bend& bend, Size output) {
  BendLattice lattice{kBendStep, output.width / kBendStep + 2, output.height / kBendStep + 2, {}, {}};
  const int ratio = std::max(1, int(bend.smooth_over_px() / kBendStep));
  const int across = (lattice.across - 1) / ratio + 4, down = (lattice.down - 1) / ratio + 4;
  std::vector<double> x, y;
  for (int j = -1; j < down - 1; ++j)
    for (int i = -1; i < across - 1; ++i) {
      const Point p = bend.at(double(i) * ratio * kBendStep, double(j) * ratio * kBendStep);
      x.push_back(p.x), y.push_back(p.y);
    }
  const auto refined = [&](const std::vector<double>& coarse) {
    const auto rows = transposed(finer(coarse, down, ratio, lattice.across), down);  // columns of the result
    const auto fine = transposed(finer(rows, lattice.across, ratio, lattice.down), lattice.across);
    return std::vector<float>(fine.begin(), fine.end());
  };
  lattice.x = refined(x), lattice.y = refined(y);
  return lattice;
}

struct Range {
  double low = INFINITY;
  double high = -INFINITY;
};

// Of the bend over a window, whose extremes lie at nodes.
Range range_of(const BendLattice& lattice, const std::vector<float>& values, const Window& out) {
  const auto node = [&](int pixel, int count) { return std::clamp(floor_div(pixel, lattice.step), 0, count - 2); };
  Range range;
  for (int j = node(out.y, lattice.down); j <= node(out.bottom(), lattice.down) + 1; ++j)
    for (int i = node(out.x, lattice.across); i <= node(out.right(), lattice.across) + 1; ++i) {
      const double v = values[std::size_t(j) * std::size_t(lattice.across) + std::size_t(i)];
      range = {std::min(range.low, v), std::max(range.high, v)};
    }
  return range;
}

}  // namespace

WarpPlan plan_warp(const std::array<double, 6>& m, Resampling resampling, Size source) {
  const double shrink_x = std::hypot(m[1], m[2]);
  const double shrink_y = std::hypot(m[4], m[5]);
  check_matrix(m, std::max(shrink_x, shrink_y));
  const bool shift = m[1] == 1 && m[2] == 0 && m[4] == 0 && m[5] == 1;
  WarpPlan plan{m,
                source,
                false,
                make_axis(resampling, shift ? &m[0] : nullptr, shrink_x),
                make_axis(resampling, shift ? &m[3] : nullptr, shrink_y),
                {}};
  plan.moves_whole_pixels = shift && m[0] == std::floor(m[0]) && m[3] == std::floor(m[3]);
  return plan;
}

WarpPlan plan_warp(const std::array<double, 6>& m, const Bend& bend, Resampling resampling, Size source, Size output) {
  const double shrink_x = std::hypot(m[1], m[2]), shrink_y = std::hypot(m[4], m[5]);
  check_matrix(m, std::max(shrink_x, shrink_y));
  return {m,
          source,
          false,
          make_axis(resampling, nullptr, shrink_x),
          make_axis(resampling, nullptr, shrink_y),
          make_lattice(bend, output)};
}

Window source_window(const WarpPlan& plan, const Window& out) {
  const auto& m = plan.matrix;
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
  for (const double x : {out.x + 0.5, out.right() - 0.5})
    for (const double y : {out.y + 0.5, out.bottom() - 0.5}) {
      const double u = m[0] + m[1] * x + m[2] * y;
      const double v = m[3] + m[4] * x + m[5] * y;
      left = std::min(left, u), right = std::max(right, u);
      top = std::min(top, v), bottom = std::max(bottom, v);
    }
  if (plan.bend.step > 0) {
    const Range x = range_of(plan.bend, plan.bend.x, out), y = range_of(plan.bend, plan.bend.y, out);
    left += x.low, right += x.high, top += y.low, bottom += y.high;
  }
  left = std::max(left, 0.0), top = std::max(top, 0.0);
  right = std::min(right, double(plan.source.width)), bottom = std::min(bottom, double(plan.source.height));
  if (out.empty() || left > right || top > bottom) return {};
  const int reach_x = plan.x.taps / 2 + 1;  // one more than the taps need, for rounding at whole pixels
  const int reach_y = plan.y.taps / 2 + 1;
  return from_edges(int(left) - reach_x, int(top) - reach_y, int(right) + reach_x + 1, int(bottom) + reach_y + 1);
}

void warp(Exec& exec, ConstTileView in, TileView out, const WarpPlan& plan) {
  const auto& m = plan.matrix;
  if (plan.moves_whole_pixels) {
    for_each(exec, out.bands, out.window, MovePixels{in, out, int(m[0]), int(m[3]), plan.source}, "move_pixels");
    return;
  }
  const BendLattice& bend = plan.bend;
  const SourceMap map{{m[0], m[1], m[2], m[3], m[4], m[5]},
                      plan.source,
                      bend.step > 0 ? exec.table(bend.x) : nullptr,
                      bend.step > 0 ? exec.table(bend.y) : nullptr,
                      bend.step,
                      bend.across,
                      bend.down};
  const Interpolate interpolate{in, out, map, on_device(exec, plan.x), on_device(exec, plan.y)};
  if (exec.on_device())
    for_each(exec, out.bands, out.window, interpolate, "warp");
  else
    warp_cpu(exec, interpolate);
}

}  // namespace nadir
