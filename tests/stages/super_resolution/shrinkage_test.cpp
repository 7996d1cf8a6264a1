#include "stages/super_resolution/shrinkage.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <vector>

namespace nadir {
namespace {

// Sample p of patch j of group l: a few patterns of different strength, and something irregular.
float sample(int p, int j, int l) {
  return float(100 + 40 * std::sin(0.3 * p * (1 + j % 3) + l) + 9 * std::cos(1.7 * p + 0.9 * j * j) + l);
}

TEST(Shrinkage, equals_the_filter_in_the_eigenbasis_of_each_group) {
  for (const int edge : {5, 6}) {
    const int n = edge * edge;
    const int m = 40;
    const float t = 60;
    GroupBatch batch(edge, m);
    for (int p = 0; p < n; ++p)
      for (int j = 0; j < m; ++j)
        for (int l = 0; l < kLanes; ++l) batch.sample(j, p / edge, p % edge, l) = sample(p, j, l);
    batch.shrink(t, m);
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
          ASSERT_NEAR(batch.sample(j, p / edge, p % edge, l), expected(p, j), 0.02) << n << " " << p << " " << j;
      EXPECT_NEAR(batch.weights()[l], 1 / (f.square().sum() + 0.15), 1e-3);
    }
  }
}

TEST(Shrinkage, a_group_of_equal_patches_keeps_them) {
  GroupBatch batch(5, 8);
  const int n = 25;
  for (int i = 0; i < n * 8 * kLanes; ++i) batch.sample(i / n % 8, i % n / 5, i % 5, i / (8 * n)) = float(i % n);
  batch.shrink(6, 8);
  for (int i = 0; i < n * 8 * kLanes; ++i)
    ASSERT_EQ(batch.sample(i / n % 8, i % n / 5, i % 5, i / (8 * n)), float(i % n));
}

TEST(Shrinkage, every_instruction_set_gives_the_same_bits) {
  for (const int edge : {5, 6}) {
    std::vector<float> image(80 * 80), expected;
    for (int i = 0; i < 80 * 80; ++i) image[std::size_t(i)] = sample(i % 80, i / 80, i % 7);
    for (int level = 0; level <= int(widest_simd()); ++level) {
      GroupBatch batch(edge, 12, Simd(level));
      std::vector<float> sums(image.size());
      const auto place = [](int j, int l) { return 4 * l + 80 * (5 * j + l % 3); };
      const float* from[kLanes];
      float* to[kLanes];
      for (int j = 0; j < 12; ++j) {
        for (int l = 0; l < kLanes; ++l) from[l] = &image[std::size_t(place(j, l))];
        batch.gather(j, from, 80);
      }
      EXPECT_EQ(batch.sample(3, 2, 1, 7), image[std::size_t(place(3, 7) + 2 * 80 + 1)]);
      batch.shrink(40, 11);
      for (int j = 0; j < 11; ++j) {
        for (int l = 0; l < kLanes; ++l) to[l] = &sums[std::size_t(place(j, l))];
        batch.scatter(j, to, 80);
      }
      if (level == 0) expected = sums;
      EXPECT_EQ(sums, expected) << level << " " << edge;
    }
  }
}

}  // namespace
}  // namespace nadir
