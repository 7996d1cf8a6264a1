// Polynomials and thin plates.
#include "pipeline/core/bend.h"

#include <algorithm>
#include <cmath>

namespace nadir {

double thin_plate(double squared_distance) {
  return squared_distance > 0 ? 0.5 * squared_distance * std::log(squared_distance) : 0;
}

void append_monomials(double x, double y, int degree, std::vector<double>& terms) {
  for (int d = 2; d <= degree; ++d)
    for (int k = 0; k <= d; ++k) {
      double term = 1;
      for (int i = 0; i < d - k; ++i) term *= x;
      for (int i = 0; i < k; ++i) term *= y;
      terms.push_back(term);
    }
}

Point Bend::at(double col, double row) const {
  const double nx = (col - centre.x) / scale, ny = (row - centre.y) / scale;
  std::vector<double> terms;
  append_monomials(nx, ny, degree, terms);
  Point sum;
  for (std::size_t k = 0; k < terms.size(); ++k) sum = {sum.x + x[k] * terms[k], sum.y + y[k] * terms[k]};
  for (std::size_t k = 0; k < knots.size(); ++k) {
    const double dx = nx - knots[k].x, dy = ny - knots[k].y;
    const double term = thin_plate(dx * dx + dy * dy);
    sum = {sum.x + x[terms.size() + k] * term, sum.y + y[terms.size() + k] * term};
  }
  return sum;
}

double Bend::smooth_over_px() const {
  if (knots.empty()) return scale / 32;  // the fourth difference of a cubic of unit size is then below 1e-5
  // Knots lie about evenly over a square of about 2 x 2.
  return scale * 2 / std::sqrt(double(knots.size())) / 8;
}

}  // namespace nadir
