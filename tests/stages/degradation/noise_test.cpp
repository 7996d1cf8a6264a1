#include <gtest/gtest.h>

#include <cmath>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

test::Image flat(int width, int height, int bands) {
  return test::make_image(width, height, bands, [](int, int, int) { return 100; });
}

TEST(Noise, is_white_and_normal_with_the_stated_deviation) {
  const test::Image image = flat(400, 400, 2);
  const test::Image out = test::apply(noise_stage(), {{"sigma_dn", 5.0}}, {&image});
  const double n = 2 * 400.0 * 400.0;
  double moment[5] = {};
  double beside = 0, between_bands = 0;
  int beyond_three = 0;
  for (int b = 0; b < 2; ++b)
    for (int y = 0; y < 400; ++y)
      for (int x = 0; x < 400; ++x) {
        const double z = (out(b, x, y) - 100.0) / 5;
        for (int k = 1; k <= 4; ++k) moment[k] += std::pow(z, k) / n;
        if (x > 0) beside += z * (out(b, x - 1, y) - 100.0) / 5 / n;
        if (b > 0) between_bands += z * (out(0, x, y) - 100.0) / 5 / n * 2;
        beyond_three += std::abs(z) > 3;
      }
  const double four_sigma = 4 / std::sqrt(n);
  EXPECT_NEAR(moment[1], 0, four_sigma);
  EXPECT_NEAR(moment[2], 1, four_sigma * std::sqrt(2.0));
  EXPECT_NEAR(moment[3], 0, four_sigma * std::sqrt(15.0));
  EXPECT_NEAR(moment[4], 3, four_sigma * std::sqrt(96.0) + 0.01) << "0.01 for the ends of the table";
  EXPECT_NEAR(beside, 0, four_sigma);
  EXPECT_NEAR(between_bands, 0, four_sigma * std::sqrt(2.0));
  EXPECT_NEAR(beyond_three / n, 0.0027, 0.0004);
}

TEST(Noise, gives_the_same_bits_in_tiles_of_any_size_and_other_bits_for_another_seed) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  const auto stage = test::make_tile_stage(noise_stage(), {{"sigma_dn", 2.0}, {"seed", std::int64_t{7}}}, {&image});
  const test::Image whole = test::run_whole(*stage, {&image});
  for (const int tile : {8, 17, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
  const test::Image other = test::apply(noise_stage(), {{"sigma_dn", 2.0}, {"seed", std::int64_t{8}}}, {&image});
  EXPECT_GT(test::max_difference(whole, other), 2);
}

TEST(Noise, leaves_validity_as_it_is_and_adds_up_in_quadrature) {
  test::Image image = flat(20, 20, 1);
  image.invalidate({3, 4, 5, 6});
  const test::Image once = test::apply(noise_stage(), {{"sigma_dn", 3.0}}, {&image});
  const test::Image twice = test::apply(noise_stage(), {{"sigma_dn", 4.0}}, {&once});
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) ASSERT_EQ(twice.valid(x, y), image.valid(x, y));
  EXPECT_NEAR(twice.info.observation->noise_sigma, 5, 1e-12);
}

TEST(Noise, of_strength_zero_changes_nothing_and_a_negative_one_is_refused) {
  const test::Image image = test::make_texture(20, 20, 1, 1);
  test::expect_identical(test::apply(noise_stage(), {{"sigma_dn", 0.0}}, {&image}), image);
  EXPECT_THROW(test::make_tile_stage(noise_stage(), {{"sigma_dn", -1.0}}, {&image}), std::logic_error);
}

}  // namespace
}  // namespace nadir
