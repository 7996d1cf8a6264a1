// Launch of geometric distortion; compiled as C++ or as CUDA.
#include "stages/degradation/distort_ops.h"

#include <algorithm>

#include "pipeline/backend/launch.h"
#include "stages/degradation/distort_kernels.h"

namespace nadir {

// Without the wave, places are smooth and at most cubic along the edges of the window; the furthest they can be from
// those of the corners is bounded by the radial term at the furthest corner.
Window Distortion::needs(const Window& out) const {
  if (out.empty()) return {};
  Distortion affine = *this;
  affine.radial = 0;
  affine.amplitude = 0;
  double left = 1e300, top = 1e300, right = -1e300, bottom = -1e300;
  double reach = 0;
  const double middle_x = 0.5 * (size.width - 1), middle_y = 0.5 * (size.height - 1);
  const double corner = std::max(1.0, std::hypot(middle_x, middle_y));
  for (const int x : {out.x, out.right() - 1})
    for (const int y : {out.y, out.bottom() - 1}) {
      const PixelPlace p = place_of(affine, x, y);
      left = std::min(left, p.x);
      right = std::max(right, p.x);
      top = std::min(top, p.y);
      bottom = std::max(bottom, p.y);
      const double r = std::hypot(p.x - middle_x - shift_x, p.y - middle_y - shift_y);
      reach = std::max(reach, std::abs(radial) * r * (r / corner) * (r / corner));
    }
  const double margin = reach + amplitude;
  return from_edges(int(std::floor(left - margin)) - 2, int(std::floor(top - margin)) - 2,
                    int(std::floor(right + margin)) + 4, int(std::floor(bottom + margin)) + 4);
}

void distort(Exec& exec, ConstTileView in, TileView out, const Distortion& distortion) {
  for_each(exec, in.bands, out.window, Distort{in, out, distortion}, "distort");
}

}  // namespace nadir
