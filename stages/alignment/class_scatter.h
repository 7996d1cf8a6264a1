// First and second moments of pixels by class, and the information that they carry about the classes.
#pragma once

#include <vector>

namespace nadir {

/// Sums over samples of the outer product of (1, z), z the bands of a pixel: count, sums and products in one matrix of
/// `side` = bands + 1 rows.
using Moments = std::vector<double>;

/// 1/2 [ln det S - sum_c p_c ln det S_c], nats a sample. Covariances are drawn towards the pooled one with the weight
/// of as many samples as there are bands, and get 0.01 on the diagonal (bands have unit variance), so that a class of
/// few pixels cannot pretend to be certain.
double class_information(const std::vector<const double*>& classes, int side);

/// The natural logarithm of the determinant of a symmetric positive definite n x n matrix, which is destroyed.
double log_determinant(std::vector<double>& matrix, int n);

}  // namespace nadir
