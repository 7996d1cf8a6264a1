// Geometric distortion: where each pixel of the distorted image looks into the scene.
#pragma once

#include <cstdint>

#include "pipeline/backend/exec.h"

namespace nadir {

/// The pixel at p = (x, y) shows the scene at A (p - c) (1 + radial |A (p - c)|^2 / |c|^2) + c + shift + wave(p), with
/// c the middle of the scene. `wave` is a cubic B-spline with one knot every `wavelength` pixels, whose coefficients
/// are random in [-amplitude, amplitude], so it moves no pixel further than that. A plain value for kernels.
struct Distortion {
  Size size;  ///< of the scene
  double a[4] = {1, 0, 0, 1};
  double shift_x = 0;
  double shift_y = 0;
  double radial = 0;     ///< at the corners, as a part of their distance from the middle
  double amplitude = 0;  ///< pixels
  double wavelength = 64;
  std::uint64_t seed = 0;

  /// The window of the scene that a window of the distorted image looks into.
  Window needs(const Window& out) const;
};

/// Samples `in`, which must hold needs(out), with Catmull-Rom's cubic, normalised by the mask; a pixel is valid when
/// the pixel that its place lies in is.
void distort(Exec& exec, ConstTileView in, TileView out, const Distortion& distortion);

}  // namespace nadir
