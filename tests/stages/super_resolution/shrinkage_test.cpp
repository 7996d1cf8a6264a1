#include "stages/super_resolution/shrinkage.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

namespace nadir {
namespace {

// Sample p of patch j of group l: a few patterns of different strength, and something irregular.
float sample(int p, int j, int l) {
  return float(100 + 40 * std::sin(0.3 * p * (1 + j % 3) + l) + 9 * std::cos(1.7 * p + 0.9 * j * j) + l);
}

TEST(Shrinkage, equals_the_filter_in_the_eigenbasis_of_each_group) {
  for (const int n : {25, 36}) {
    const int m = 40;
    const float t = 60;
    GroupBatch batch(n, m);
    for (int p = 0; p < n; ++p)
      for (int j = 0; j < m; ++j)
        for (int l = 0; l < kLanes; ++l) batch.patches()[(j * batch.stride() + p) * kLanes + l] = sample(p, j, l);
    batch.shrink(t);
    for (const int l : {0, 7, 15}) {
      Eigen::MatrixXd x(n, m);
      for (int p = 0; p < n; ++p)
        for (int j = 0; j < m; ++j) x(p, j) = double(sample(p, j, l));
      const Eigen::VectorXd mean = x.rowwise().mean();
      x.colwise() -= mean;
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(x * x.transpose() / m);
      const Eigen::ArrayXd squares = eigen.eigenvalues().array().square();
      const Eigen::ArrayXd f = squares / (squares + double(t) * double(t));
      const Eigen::MatrixXd expected =
          (eigen.eigenvectors() * f.matrix().asDiagonal() * eigen.eigenvectors().transpose() * x).colwise() + mean;
      for (int p = 0; p < n; ++p)
        for (int j = 0; j < m; ++j)
          ASSERT_NEAR(batch.result()[(j * batch.stride() + p) * kLanes + l], expected(p, j), 0.02)
              << n << " " << p << " " << j;
      EXPECT_NEAR(batch.weights()[l], 1 / (f.square().sum() + 0.15), 1e-3);
    }
  }
}

TEST(Shrinkage, a_group_of_equal_patches_keeps_them) {
  GroupBatch batch(25, 8);
  const auto at = [&](int p, int j, int l) { return (j * batch.stride() + p) * kLanes + l; };
  for (int i = 0; i < 25 * 8 * kLanes; ++i) batch.patches()[at(i % 25, i / 25 % 8, i / 200)] = float(i % 25);
  batch.shrink(6);
  for (int i = 0; i < 25 * 8 * kLanes; ++i) ASSERT_EQ(batch.result()[at(i % 25, i / 25 % 8, i / 200)], float(i % 25));
}

}  // namespace
}  // namespace nadir
