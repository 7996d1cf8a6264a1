#include "stages/degradation/blur_fit.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nadir {
namespace {

constexpr int kWindow = 64;

// The model by its definition: every frequency of the transform, with the eight that fold onto it.
RingPower spectrum(double sigma, double exponent, double strength, double noise) {
  const std::vector<int> rings = rings_of(kWindow);
  RingPower power{};
  std::array<int, kFrequencyRings> counts{};
  for (int v = 0; v < kWindow; ++v)
    for (int u = 0; u < kWindow; ++u) {
      const int ring = rings[std::size_t(v * kWindow + u)];
      if (ring < 0) continue;
      for (int a = -1; a <= 1; ++a)
        for (int b = -1; b <= 1; ++b) {
          const double fx = double(u < kWindow / 2 ? u : u - kWindow) / kWindow + a;
          const double fy = double(v < kWindow / 2 ? v : v - kWindow) / kWindow + b;
          const double f = std::hypot(fx, fy), passed = std::exp(-2 * std::pow(M_PI * sigma * f, 2));
          power[std::size_t(ring)] += strength * std::pow(f, -exponent) * passed * passed;
        }
      power[std::size_t(ring)] += noise * noise;
      ++counts[std::size_t(ring)];
    }
  for (std::size_t r = 0; r < power.size(); ++r) power[r] /= counts[r];
  return power;
}

TEST(BlurFit, finds_what_the_spectrum_was_made_from) {
  const BlurModel model(kWindow);
  for (const double sigma : {0.3, 0.5, 0.8, 1.3})
    for (const double noise : {0.1, 2.0}) {
      const BlurFit fit = model.fit(spectrum(sigma, 2.2, 40, noise), 0);
      EXPECT_NEAR(fit.sigma_px, sigma, 0.01);
      EXPECT_NEAR(fit.exponent, 2.2, 0.01);
      EXPECT_NEAR(fit.noise, noise, sigma > 0.7 ? 0.05 : 1.0);  // aliases of sharp images look like noise
      EXPECT_LT(fit.misfit, 0.01);
    }
}

TEST(BlurFit, tells_steep_scenes_from_blurred_ones) {
  const BlurModel model(kWindow);
  for (const double exponent : {1.7, 2.7})
    EXPECT_NEAR(model.fit(spectrum(0.6, exponent, 40, 0.5), 0).sigma_px, 0.6, 0.03) << exponent;
}

TEST(BlurFit, misfits_where_no_scene_is) {
  RingPower bump = spectrum(0.6, 2.2, 40, 0.5);
  for (std::size_t r = 8; r < 14; ++r) bump[r] *= 20;
  EXPECT_GT(BlurModel(kWindow).fit(bump, 0).misfit, 0.3);
}

}  // namespace
}  // namespace nadir
