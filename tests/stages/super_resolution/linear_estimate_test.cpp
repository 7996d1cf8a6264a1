#include "stages/super_resolution/linear_estimate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

constexpr int kReach = LinearEstimate::kReach;
constexpr int kEdge = 2 * kReach + 1;

Tile coarse_tile(float value) {
  Tile tile({-kReach, -kReach, kEdge, kEdge}, 1);
  tile.fill(value, true);
  return tile;
}

// The covariance of what A makes of the image at two places, fine pixels apart.
double observed_covariance(const Observation& a, const Observation& b, int dy, int dx) {
  double sum = 0;
  for (std::size_t i = 0; i < a.taps.size(); ++i)
    for (std::size_t j = 0; j < a.taps.size(); ++j)
      for (std::size_t k = 0; k < b.taps.size(); ++k)
        for (std::size_t l = 0; l < b.taps.size(); ++l) {
          const double y = dy + b.first + int(k) - a.first - int(i);
          const double x = dx + b.first + int(l) - a.first - int(j);
          sum += double(a.taps[i]) * double(a.taps[j]) * double(b.taps[k]) * double(b.taps[l]) * 170 *
                 std::exp(-std::sqrt(y * y + x * x) / 30);
        }
  return sum;
}

TEST(LinearEstimate, keeps_constants) {
  for (const int scale : {1, 2, 3, 4})
    for (const double noise : {0.5, 3.0, 1e5}) {
      Exec exec;
      const Tile coarse = coarse_tile(77);
      Tile fine({0, 0, scale, scale}, 1);
      LinearEstimate(observation(gaussian_taps(0.5 * scale, 0), scale, Phase::centre, Sampling::decimate), noise)
          .apply(exec, coarse.view(), 0, fine.view());
      for (int y = 0; y < scale; ++y)
        for (int x = 0; x < scale; ++x) EXPECT_NEAR(fine.view()(0, x, y), 77, 1e-3) << scale << " " << noise;
    }
}

// The weights are those of the least error if the error's covariance with all samples is the same.
TEST(LinearEstimate, its_error_is_equally_correlated_with_all_samples) {
  constexpr double kNoise = 2;
  const Observation o = observation(gaussian_taps(0.8, 1), 2, Phase::corner, Sampling::decimate);
  const Observation point;
  const LinearEstimate linear(o, kNoise);
  Exec exec;
  std::vector<std::vector<double>> weights(4);
  for (int a = 0; a < kEdge * kEdge; ++a) {
    Tile impulse = coarse_tile(0);
    impulse.view()(0, a % kEdge - kReach, a / kEdge - kReach) = 1;
    Tile fine({0, 0, 2, 2}, 1);
    linear.apply(exec, impulse.view(), 0, fine.view());
    for (int phase = 0; phase < 4; ++phase)
      weights[std::size_t(phase)].push_back(double(fine.view()(0, phase % 2, phase / 2)));
  }
  for (int phase = 0; phase < 4; ++phase) {
    std::vector<double> covariance;
    for (int a = 0; a < kEdge * kEdge; a += 7) {
      const int ay = 2 * (a / kEdge - kReach), ax = 2 * (a % kEdge - kReach);
      double error = -observed_covariance(point, o, ay - phase / 2, ax - phase % 2);
      for (int b = 0; b < kEdge * kEdge; ++b)
        error += weights[std::size_t(phase)][std::size_t(b)] *
                 (observed_covariance(o, o, 2 * (b / kEdge - kReach) - ay, 2 * (b % kEdge - kReach) - ax) +
                  (a == b ? kNoise * kNoise : 0));
      covariance.push_back(error);
    }
    for (const double c : covariance) EXPECT_NEAR(c, covariance[0], 2e-4) << phase;
  }
}

TEST(DoubtDetail, keeps_what_is_strong_and_takes_what_is_faint) {
  const Observation o = observation(gaussian_taps(1, 0), 2, Phase::centre, Sampling::decimate);
  for (const float amplitude : {0.01f, 1.0f, 100.0f}) {
    Exec exec;
    Tile coarse({0, 0, 20, 20}, 1);
    coarse.fill(50, true);
    Tile fine({0, 0, 40, 40}, 1);
    fine.fill(0, true);
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 40; ++x) fine.view()(0, x, y) = 50 + ((x + y) % 2 ? amplitude : -amplitude);
    doubt_detail(exec, o, coarse.view(), 0, 2, fine.view());
    const float kept = amplitude * amplitude / (amplitude * amplitude + 4);
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 40; ++x)
        EXPECT_NEAR(fine.view()(0, x, y), 50 + ((x + y) % 2 ? amplitude : -amplitude) * kept, 1e-3);
  }
}

}  // namespace
}  // namespace nadir
