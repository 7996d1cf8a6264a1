// Interpolation onto the fine grid with the right phase: the classical methods, and where the solver starts.
#include "stages/super_resolution/interpolate.h"

#include <cmath>
#include <numbers>

#include "pipeline/backend/launch.h"
#include "stages/interpolation_weights.h"

namespace nadir {
namespace {

// Keys 1981 with a = -1/2.
double cubic(double t) {
  t = std::abs(t);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

double sinc(double t) { return t == 0 ? 1 : std::sin(std::numbers::pi * t) / (std::numbers::pi * t); }

double lanczos3(double t) { return std::abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0; }

struct Interpolate {
  ConstTileView coarse;
  TileView fine;
  const InterpolationTaps& taps;

  void operator()(int b, int x, int y) const {
    const int own_x = floor_div(x, taps.scale());
    const int own_y = floor_div(y, taps.scale());
    const bool valid = coarse.is_valid(own_x, own_y);
    if (b == 0) fine.mask()(x, y) = valid;
    const float own = valid ? coarse(b, own_x, own_y) : 0.0f;
    float sum = 0;
    for (int j = 0; valid && j < taps.count(); ++j) {
      float row = 0;
      for (int i = 0; i < taps.count(); ++i) {
        const int u = taps.first(x) + i;
        const int v = taps.first(y) + j;
        row += taps.weights(x)[i] * (coarse.is_valid(u, v) ? coarse(b, u, v) : own);
      }
      sum += taps.weights(y)[j] * row;
    }
    fine(b, x, y) = sum;
  }
};

}  // namespace

InterpolationTaps::InterpolationTaps(Interpolation kind, int scale, double centre)
    : scale_(scale), count_(kind == Interpolation::bicubic ? 4 : 6) {
  for (int p = 0; p < scale; ++p) {
    const double position = (p - centre) / scale;
    const int first = int(std::floor(position)) - count_ / 2 + 1;
    first_.push_back(first);
    std::vector<double> w;
    for (int j = 0; j < count_; ++j) {
      const double t = position - (first + j);
      w.push_back(kind == Interpolation::bicubic ? cubic(t) : lanczos3(t));
    }
    centre_weights(w, first - position);
    for (const double v : w) weights_.push_back(float(v));
  }
}

Window InterpolationTaps::coarse_window(const Window& fine) const {
  if (fine.empty()) return {};
  const Window own = from_edges(floor_div(fine.x, scale_), floor_div(fine.y, scale_),
                                floor_div(fine.right() - 1, scale_) + 1, floor_div(fine.bottom() - 1, scale_) + 1);
  int least = 0;
  int most = 0;
  for (const int f : first_) {
    least = std::min(least, f);
    most = std::max(most, f + count_ - 1);
  }
  return from_edges(own.x + least, own.y + least, own.right() + most, own.bottom() + most);
}

void interpolate(Exec& exec, ConstTileView coarse, TileView fine, const InterpolationTaps& taps) {
  for_each_cpu(exec, fine.bands, fine.window, Interpolate{coarse, fine, taps});
}

}  // namespace nadir
