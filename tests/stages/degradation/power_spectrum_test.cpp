#include "stages/degradation/power_spectrum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

TEST(PowerSpectrum, of_white_noise_is_its_variance_at_all_frequencies) {
  const test::Image flat = test::make_image(512, 512, 1, [](int, int, int) { return 100; });
  const test::Image noise = test::apply(noise_stage(), {{"sigma_dn", 3.0}}, {&flat});
  const WindowSpectrum spectrum(64);
  RingPower mean{};
  for (int y = 0; y < 512; y += 64)
    for (int x = 0; x < 512; x += 64) {
      const RingPower power = spectrum.power(noise.tile.view(), 0, x, y);
      for (std::size_t r = 0; r < mean.size(); ++r) mean[r] += power[r] / 64;
    }
  for (const double m : mean) EXPECT_NEAR(m, 9, 1.5);
}

TEST(PowerSpectrum, of_a_wave_lies_in_its_ring) {
  const double fx = 0.2064, fy = 0.1548;  // 0.258 cycles a pixel
  const test::Image wave =
      test::make_image(64, 64, 1, [&](int, int x, int y) { return 50 + 40 * std::cos(2 * M_PI * (fx * x + fy * y)); });
  const RingPower power = WindowSpectrum(64).power(wave.tile.view(), 0, 0, 0);
  const auto peak = std::max_element(power.begin(), power.end()) - power.begin();
  EXPECT_EQ(peak, int((0.258 - kLowestFrequency) / (kHighestFrequency - kLowestFrequency) * kFrequencyRings));
}

TEST(PowerSpectrum, of_a_constant_is_nothing) {
  const test::Image flat = test::make_image(64, 64, 1, [](int, int, int) { return 1e4; });
  for (const double p : WindowSpectrum(64).power(flat.tile.view(), 0, 0, 0)) EXPECT_EQ(p, 0);
}

}  // namespace
}  // namespace nadir
