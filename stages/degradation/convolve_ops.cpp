// Launches of convolution; compiled as C++ or as CUDA.
#include "stages/degradation/convolve_ops.h"

#include <algorithm>
#include <cassert>

#include "pipeline/backend/launch.h"
#include "stages/degradation/convolve_cpu.h"
#include "stages/degradation/convolve_kernels.h"

namespace nadir {

Spread::Spread(std::vector<SpreadTap> taps) {
  double sum = 0;
  for (const SpreadTap& t : taps) sum += double(t.weight);
  for (SpreadTap t : taps) {
    t.weight = float(double(t.weight) / sum);
    if (t.weight == 0) continue;
    taps_.push_back(t);
    reach_ = unite(reach_, {t.dx, t.dy, 1, 1});
    table_.insert(table_.end(), {float(t.dx), float(t.dy), t.weight});
  }
  assert(!taps_.empty());
}

Window Spread::needs(const Window& out) const {
  if (out.empty()) return {};
  return from_edges(out.x + reach_.x, out.y + reach_.y, out.right() + reach_.right() - 1,
                    out.bottom() + reach_.bottom() - 1);
}

Window Spread::touching(const Window& in, Size size) const {
  if (in.empty()) return {};
  // Mirror images of a window near an edge lie as far beyond it; what sees them lies within the reach of that edge.
  const int h = std::max({reach_.right() - 1, -reach_.x, 0});
  const int v = std::max({reach_.bottom() - 1, -reach_.y, 0});
  const auto near = [](int begin, int end, int n, int r) {
    if (r >= n) return std::pair{0, n};
    int low = begin - r, high = end + r;
    if (begin < r) low = 0;
    if (end > n - r) high = n;
    return std::pair{std::max(low, 0), std::min(high, n)};
  };
  const auto [left, right] = near(in.x, in.right(), size.width, h);
  const auto [top, bottom] = near(in.y, in.bottom(), size.height, v);
  return from_edges(left, top, right, bottom);
}

double Spread::variance() const {
  double mean_x = 0, mean_y = 0, square = 0;
  for (const SpreadTap& t : taps_) {
    mean_x += double(t.weight) * t.dx;
    mean_y += double(t.weight) * t.dy;
    square += double(t.weight) * (double(t.dx) * t.dx + double(t.dy) * t.dy);
  }
  return (square - mean_x * mean_x - mean_y * mean_y) / 2;
}

void convolve(Exec& exec, ConstTileView in, TileView out, const Spread& spread) {
  if (!exec.on_device()) {
    convolve_cpu(exec, in, out, spread);
    return;
  }
  for_each(exec, in.bands, out.window,
           Convolve{in, out, exec.table(spread.table()), int(spread.taps().size()), full_weight(spread)}, "convolve");
}

void convolve_adjoint(Exec& exec, ConstTileView in, TileView out, const Spread& spread, Size size) {
  for_each(
      exec, in.bands, out.window,
      ConvolveAdjoint{in, out, exec.table(spread.table()), int(spread.taps().size()), size, spread.needs(whole(size))},
      "convolve_adjoint");
}

}  // namespace nadir
