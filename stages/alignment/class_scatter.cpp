// Gaussian information from moments.
#include "stages/alignment/class_scatter.h"

#include <cmath>
#include <cstddef>

namespace nadir {
namespace {

constexpr double kFloor = 0.01;  // variance added to every band, of bands with unit variance

// Adds the scatter matrix n S of one set of moments.
void add_scatter(const double* moments, int side, std::vector<double>& scatter) {
  const int n = side - 1;
  if (moments[0] <= 0) return;
  for (int i = 0; i < n; ++i) {
    const double mean = moments[i + 1] / moments[0];
    for (int j = 0; j < n; ++j) scatter[i * n + j] += moments[(i + 1) * side + j + 1] - mean * moments[j + 1];
  }
}

double log_det_of_mix(const std::vector<double>& a, double weight_b, const std::vector<double>& b, double divisor,
                      int n, std::vector<double>& matrix) {
  for (std::size_t k = 0; k < a.size(); ++k) matrix[k] = (a[k] + weight_b * b[k]) / divisor;
  for (int i = 0; i < n; ++i) matrix[i * n + i] += kFloor;
  return log_determinant(matrix, n);
}

}  // namespace

double log_determinant(std::vector<double>& m, int n) {
  double sum = 0;
  for (int k = 0; k < n; ++k) {  // Cholesky, row by row; the pivots multiply to the determinant
    const double pivot = m[k * n + k];
    sum += std::log(pivot);
    for (int i = k + 1; i < n; ++i) {
      const double ratio = m[i * n + k] / pivot;
      for (int j = i; j < n; ++j) m[j * n + i] -= ratio * m[j * n + k];
    }
  }
  return sum;
}

double class_information(const std::vector<const double*>& classes, int side) {
  const int n = side - 1;
  std::vector<double> all(std::size_t(side * side)), pooled(std::size_t(n * n)), matrix(pooled.size());
  for (const double* c : classes) {
    for (std::size_t k = 0; k < all.size(); ++k) all[k] += c[k];
    add_scatter(c, side, pooled);
  }
  const double count = all[0];
  if (count <= 0) return 0;
  std::vector<double> total(pooled.size()), zero(pooled.size()), own(pooled.size());
  add_scatter(all.data(), side, total);
  double information = log_det_of_mix(total, 0, zero, count, n, matrix);
  const double strength = n;  // samples that the pooled covariance counts for
  for (const double* c : classes) {
    if (c[0] <= 0) continue;
    own.assign(own.size(), 0.0);
    add_scatter(c, side, own);
    information -= c[0] / count * log_det_of_mix(own, strength / count, pooled, c[0] + strength, n, matrix);
  }
  return 0.5 * information;
}

}  // namespace nadir
