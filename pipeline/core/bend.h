// What a transform has beyond its affine part: a polynomial, or a thin plate over knots.
#pragma once

#include <vector>

#include "pipeline/core/grid.h"

namespace nadir {

/// A smooth displacement of pixel coordinates. With n = (p - centre) / scale, it is for each axis
///   sum over 2 <= i + j <= degree of a_ij n_x^i n_y^j  +  sum over knots k of b_k r_k² ln r_k,   r_k = |n - k|.
/// Coefficients stand degree by degree (x², xy, y², x³, x²y, …), then knot by knot. Thin plates: Bookstein (1989).
struct Bend {
  Point centre;
  double scale = 1;  ///< pixels
  int degree = 1;
  std::vector<Point> knots;  ///< in units of n
  std::vector<double> x;     ///< coefficients of the displacement along rows, pixels
  std::vector<double> y;     ///< … and down columns

  Point at(double col, double row) const;
  /// The spacing of points, pixels, between which cubic interpolation of the displacement is as good as the formula.
  double smooth_over_px() const;
};

/// Monomials of total degree 2 … degree at a place, in the order of the coefficients.
void append_monomials(double x, double y, int degree, std::vector<double>& terms);

/// r² ln r as a function of r², 0 at 0.
double thin_plate(double squared_distance);

}  // namespace nadir
