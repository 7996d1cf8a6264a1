#include <gtest/gtest.h>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::string kBox = "box";

TEST(Blur, keeps_a_constant_image_even_around_nodata) {
  test::Image flat = test::make_image(40, 30, 1, [](int, int, int) { return 7; });
  flat.invalidate({10, 10, 5, 5});
  flat.invalidate({0, 0, 3, 2});
  for (const ParamMap& params :
       {ParamMap{{"sigma_px", 1.6}}, ParamMap{{"kind", kBox}, {"radius_px", std::int64_t{2}}}}) {
    const test::Image out = test::apply(blur_stage(), params, {&flat});
    EXPECT_LE(test::max_difference(flat, out), 7 * 1e-6);
  }
}

TEST(Blur, neither_adds_nor_takes_valid_pixels) {
  test::Image image = test::make_texture(40, 30, 2, 5);
  image.invalidate({10, 0, 9, 30});
  image.invalidate({30, 12, 1, 1});
  for (int x = 12; x < 19; x += 3) image.tile.view().mask()(x, 15) = 1;  // lonely valid pixels
  const test::Image out = test::apply(blur_stage(), {{"sigma_px", 3.0}}, {&image});
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x) ASSERT_EQ(out.valid(x, y), image.valid(x, y)) << x << "," << y;
}

TEST(Blur, answers_an_impulse_with_its_taps) {
  const test::Image impulse = test::make_image(21, 21, 1, [](int, int x, int y) { return x == 10 && y == 10; });
  const test::Image out = test::apply(blur_stage(), {{"kind", kBox}, {"radius_px", std::int64_t{2}}}, {&impulse});
  EXPECT_NEAR(out(0, 10, 10), 1 / 25.0, 1e-7);
  EXPECT_NEAR(out(0, 12, 8), 1 / 25.0, 1e-7);
  EXPECT_EQ(out(0, 13, 10), 0);
}

TEST(Blur, chooses_the_box_whose_deviation_is_nearest_to_sigma) {
  const test::Image impulse = test::make_image(21, 21, 1, [](int, int x, int y) { return x == 10 && y == 10; });
  const test::Image out = test::apply(blur_stage(), {{"kind", kBox}, {"sigma_px", 1.4}}, {&impulse});
  EXPECT_NEAR(out(0, 10, 10), 1 / 25.0, 1e-7) << "the deviation of five equal taps is 1.414";
}

TEST(Blur, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  for (const double sigma : {0.05, 1.6, 20.0}) {
    const auto stage = test::make_tile_stage(blur_stage(), {{"sigma_px", sigma}}, {&image});
    const test::Image whole = test::run_whole(*stage, {&image});
    for (const int tile : {8, 17, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
  }
}

TEST(Blur, tells_what_it_did_and_composes_with_what_was_done_before) {
  const test::Image image = test::make_texture(20, 20, 1, 1);
  const test::Image once = test::apply(blur_stage(), {{"radius_px", std::int64_t{2}}}, {&image});
  ASSERT_TRUE(once.info.observation);
  EXPECT_EQ(once.info.observation->first, -2);
  const test::Image twice = test::apply(blur_stage(), {{"radius_px", std::int64_t{3}}}, {&once});
  EXPECT_EQ(twice.info.observation->first, -5);
  EXPECT_EQ(twice.info.observation->taps.size(), 11u);
}

TEST(Blur, refuses_a_negative_width) {
  const test::Image image = test::make_texture(8, 8, 1, 1);
  EXPECT_THROW(test::make_tile_stage(blur_stage(), {{"sigma_px", -1.0}}, {&image}), std::logic_error);
}

}  // namespace
}  // namespace nadir
