#include <gtest/gtest.h>

#include <cmath>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

test::Image ramp(int width, int height) {
  return test::make_image(width, height, 1, [](int, int x, int y) { return 3 * x + 5 * y; });
}

TEST(Distort, without_any_parameter_is_a_copy) {
  test::Image image = test::make_texture(40, 30, 2, 3);
  image.invalidate({5, 5, 3, 2});
  test::expect_identical(test::apply(distort_stage(), {{"amplitude_px", 0.0}}, {&image}), image);
}

TEST(Distort, a_shift_moves_a_ramp_by_exactly_that) {
  const test::Image image = ramp(40, 30);
  const test::Image out =
      test::apply(distort_stage(), {{"amplitude_px", 0.0}, {"shift_x_px", 0.37}, {"shift_y_px", -0.62}}, {&image});
  for (int y = 4; y < 26; ++y)
    for (int x = 4; x < 36; ++x) EXPECT_NEAR(out(0, x, y), image(0, x, y) + 3 * 0.37 - 5 * 0.62, 1e-4);
}

TEST(Distort, turns_about_the_middle_and_moves_corners_by_the_radial_part) {
  const test::Image image = ramp(41, 41);
  const test::Image turned = test::apply(distort_stage(), {{"amplitude_px", 0.0}, {"rotation_deg", 10.0}}, {&image});
  EXPECT_NEAR(turned(0, 20, 20), image(0, 20, 20), 1e-4);
  EXPECT_NEAR(turned(0, 30, 20), 3 * (20 + 10 * std::cos(M_PI / 18)) + 5 * (20 + 10 * std::sin(M_PI / 18)), 1e-3);
  const test::Image radial = test::apply(distort_stage(), {{"amplitude_px", 0.0}, {"radial", -0.1}}, {&image});
  EXPECT_NEAR(radial(0, 0, 0), 3 * 2 + 5 * 2, 1e-3) << "a tenth of 20 inwards";
}

TEST(Distort, the_random_part_stays_within_its_amplitude_and_is_smooth) {
  const test::Image image = test::make_image(120, 90, 1, [](int, int x, int) { return x; });
  const test::Image out = test::apply(
      distort_stage(), {{"amplitude_px", 2.0}, {"wavelength_px", 16.0}, {"seed", std::int64_t{5}}}, {&image});
  double largest = 0, roughest = 0;
  for (int y = 4; y < 86; ++y)
    for (int x = 4; x < 115; ++x) {
      largest = std::max(largest, std::abs(double(out(0, x, y) - image(0, x, y))));
      roughest = std::max(roughest, std::abs(double(out(0, x + 1, y) - out(0, x, y)) - 1));
    }
  EXPECT_LE(largest, 2);
  EXPECT_GE(largest, 0.4);
  EXPECT_LE(roughest, 0.25);
}

TEST(Distort, gives_the_same_bits_in_tiles_and_lets_no_hole_bleed) {
  test::Image image = test::make_texture(61, 47, 2, 3);
  image.invalidate({20, 10, 9, 9});
  const ParamMap params{{"amplitude_px", 3.0}, {"wavelength_px", 9.0}, {"rotation_deg", 7.0},
                        {"radial", 0.05},      {"stretch", 1.1},       {"shift_x_px", 2.5}};
  const auto stage = test::make_tile_stage(distort_stage(), params, {&image});
  const test::Image all = test::run_whole(*stage, {&image});
  for (const int tile : {5, 16}) test::expect_identical(all, test::run_in_tiles(*stage, {&image}, tile));
  test::Image flat = test::make_image(61, 47, 1, [](int, int, int) { return 7; });
  flat.invalidate({20, 10, 9, 9});
  const test::Image out = test::apply(distort_stage(), params, {&flat});
  EXPECT_LE(test::max_difference(flat, out), 1e-5);
}

}  // namespace
}  // namespace nadir
