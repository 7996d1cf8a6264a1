#include <gtest/gtest.h>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

ParamMap params(int factor, const std::string& phase, const std::string& method = "decimate") {
  return {{"factor", std::int64_t{factor}}, {"phase", phase}, {"method", method}};
}

TEST(Downsample, gives_ceil_n_over_factor_pixels_of_factor_times_the_size) {
  const test::Image image = test::make_texture(53, 41, 1, 1);
  for (const int factor : {1, 2, 3, 4, 16}) {
    const test::Image out = test::apply(downsample_stage(), params(factor, "centre"), {&image});
    EXPECT_EQ(out.info.grid.width, (53 + factor - 1) / factor);
    EXPECT_EQ(out.info.grid.height, (41 + factor - 1) / factor);
    EXPECT_DOUBLE_EQ(out.info.grid.gsd_x(), 10.0 * factor);
  }
}

TEST(Downsample, keeps_the_georeferenced_values_of_a_ramp_in_every_phase) {
  const test::Image ramp = test::make_image(48, 24, 1, [](int, int x, int y) { return 3 * x + 5 * y; });
  for (const int factor : {1, 2, 3, 4, 6})
    for (const ParamMap& p : {params(factor, "centre"), params(factor, "corner"), params(factor, "centre", "area")}) {
      const test::Image out = test::apply(downsample_stage(), p, {&ramp});
      for (int y = 0; y < out.info.grid.height; ++y)
        for (int x = 0; x < out.info.grid.width; ++x) {
          const Point map = out.info.grid.to_map(x + 0.5, y + 0.5);
          const Point fine = ramp.info.grid.to_pixel(map.x, map.y);
          EXPECT_NEAR(out(0, x, y), 3 * (fine.x - 0.5) + 5 * (fine.y - 0.5), 1e-3) << factor << ": " << x << "," << y;
        }
    }
}

TEST(Downsample, centre_keeps_the_upper_left_corner_and_corner_moves_it) {
  const test::Image image = test::make_texture(12, 12, 1, 1);
  const test::Image centre = test::apply(downsample_stage(), params(3, "centre"), {&image});
  const test::Image corner = test::apply(downsample_stage(), params(3, "corner"), {&image});
  EXPECT_EQ(centre.info.grid.to_map(0, 0), image.info.grid.to_map(0, 0));
  EXPECT_EQ(corner.info.grid.to_map(0, 0), image.info.grid.to_map(-1, -1));
  EXPECT_EQ(corner(0, 2, 1), image(0, 6, 3));
  EXPECT_EQ(centre(0, 2, 1), image(0, 7, 4));
}

TEST(Downsample, lets_no_nodata_into_the_mean_and_needs_half_of_the_block) {
  test::Image flat = test::make_image(16, 16, 1, [](int, int, int) { return 5; });
  flat.invalidate({4, 4, 3, 4});
  flat.invalidate({0, 0, 2, 2});
  const test::Image out = test::apply(downsample_stage(), params(4, "centre", "area"), {&flat});
  EXPECT_FALSE(out.valid(1, 1)) << "12 of 16 samples are missing";
  EXPECT_TRUE(out.valid(0, 0)) << "4 of 16 samples are missing";
  EXPECT_NEAR(out(0, 0, 0), 5, 1e-6);
}

TEST(Downsample, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  for (const ParamMap& p :
       {params(2, "centre"), params(3, "corner"), params(5, "centre", "area"), params(16, "centre")}) {
    const auto stage = test::make_tile_stage(downsample_stage(), p, {&image});
    const test::Image whole = test::run_whole(*stage, {&image});
    for (const int tile : {1, 5, 17}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
  }
}

TEST(Downsample, composes_with_the_blur_before_it) {
  const test::Image image = test::make_texture(20, 20, 1, 1);
  const test::Image soft = test::apply(blur_stage(), {{"radius_px", std::int64_t{2}}}, {&image});
  const test::Image out = test::apply(downsample_stage(), params(2, "centre"), {&soft});
  ASSERT_TRUE(out.info.observation);
  EXPECT_EQ(out.info.observation->factor, 2);
  EXPECT_EQ(out.info.observation->first, -2);
  EXPECT_EQ(out.info.observation->taps.size(), 6u);
}

TEST(Downsample, refuses_an_area_mean_at_the_corner) {
  const test::Image image = test::make_texture(8, 8, 1, 1);
  EXPECT_THROW(test::make_tile_stage(downsample_stage(), params(2, "corner", "area"), {&image}), Error);
  EXPECT_THROW(test::make_tile_stage(downsample_stage(), params(17, "centre"), {&image}), std::logic_error);
}

}  // namespace
}  // namespace nadir
