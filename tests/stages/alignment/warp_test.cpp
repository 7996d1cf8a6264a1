#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/alignment/alignment.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Image;

Transform shift(double dx, double dy) { return Transform{{dx, 1, 0, dy, 0, 1}, true, {}}; }

Image warped(const Image& image, const Transform& transform, const ParamMap& params = {}) {
  return test::apply(warp_stage(), params, {&image, nullptr}, {Value{}, transform});
}

const std::vector<std::string> kKernels{"nearest", "bilinear", "cubic", "lanczos3"};

TEST(Warp, copies_every_bit_when_the_transform_is_the_identity) {
  Image image = test::make_texture(31, 27, 2, 5);
  image.tile.view()(0, 3, 3) = -0.0f;
  image.invalidate({4, 6, 5, 3});
  image.invalidate({0, 0, 2, 2});
  for (const auto& kernel : kKernels)
    test::expect_identical(image, warped(image, shift(0, 0), {{"resampling", kernel}}));
}

TEST(Warp, moves_whole_pixels_by_copying_and_leaves_nodata_where_nothing_is_known) {
  Image image = test::make_texture(31, 27, 2, 5);
  image.invalidate({12, 12, 3, 2});
  const Image out = warped(image, shift(-4, 3));
  for (int y = 0; y < 27; ++y)
    for (int x = 0; x < 31; ++x) {
      const bool known = x - 4 >= 0 && y + 3 < 27 && image.valid(x - 4, y + 3);
      ASSERT_EQ(out.valid(x, y), known) << x << "," << y;
      ASSERT_EQ(out(1, x, y), known ? image(1, x - 4, y + 3) : out(1, x, y));
    }
}

TEST(Warp, gives_a_ramp_the_values_of_the_places_that_its_pixels_come_from) {
  const auto ramp = [](double x, double y) { return 3 * x - 2 * y + 100; };
  const Image image = test::make_image(40, 40, 1, [&](int, int x, int y) { return ramp(x, y); });
  for (const char* kernel : {"bilinear", "cubic"}) {
    const Image out = warped(image, shift(0.37, -0.62), {{"resampling", kernel}});
    for (int y = 4; y < 36; ++y)
      for (int x = 4; x < 36; ++x) ASSERT_NEAR(out(0, x, y), ramp(x + 0.37, y - 0.62), 1e-4) << kernel;
  }
}

TEST(Warp, follows_an_affine_transform_on_a_ramp) {
  const auto ramp = [](double x, double y) { return 3 * x - 2 * y + 100; };
  const Image image = test::make_image(60, 60, 1, [&](int, int x, int y) { return ramp(x + 0.5, y + 0.5); });
  const double c = std::cos(0.02), s = std::sin(0.02);
  const Image out = warped(image, Transform{{1.3, c, -s, 0.4, s, c}, true, {}});
  for (int y = 8; y < 50; ++y)
    for (int x = 8; x < 50; ++x) {
      const double u = 1.3 + c * (x + 0.5) - s * (y + 0.5);
      const double v = 0.4 + s * (x + 0.5) + c * (y + 0.5);
      ASSERT_NEAR(out(0, x, y), ramp(u, v), 1e-3);
    }
}

// A quadratic and a thin plate of a few pixels.
Transform bent() {
  Transform t = shift(1.5, -0.75);
  t.bend = Bend{{30, 30}, 30, 2, {{-0.5, -0.5}, {0.6, 0.2}, {0.1, -0.7}, {-0.4, 0.6}}, {}, {}};
  t.bend->x = {2, -1, 0.5, 0.8, -0.9, 0.3, -0.2};
  t.bend->y = {-1, 0.5, 1.5, 0.2, 0.6, -0.5, -0.3};
  return t;
}

TEST(Warp, follows_a_bend_on_a_ramp) {
  const auto ramp = [](double x, double y) { return 3 * x - 2 * y + 100; };
  const Image image = test::make_image(60, 60, 1, [&](int, int x, int y) { return ramp(x + 0.5, y + 0.5); });
  const Image out = warped(image, bent());
  for (int y = 8; y < 50; ++y)
    for (int x = 8; x < 50; ++x) {
      const Point p = bent().source(x + 0.5, y + 0.5);
      if (p.x < 3 || p.y < 3 || p.x > 57 || p.y > 57) continue;
      ASSERT_NEAR(out(0, x, y), ramp(p.x, p.y), 0.5) << x << "," << y;  // 3.6 a pixel, slope changes by 1/200 a pixel
    }
}

TEST(Warp, bends_to_the_same_bits_in_tiles_of_any_size) {
  Image image = test::make_texture(61, 47, 2, 3);
  image.invalidate({20, 5, 9, 9});
  for (const auto& kernel : kKernels) {
    const auto stage =
        test::make_tile_stage(warp_stage(), {{"resampling", kernel}}, {&image, nullptr}, {Value{}, bent()});
    const Image whole = test::run_whole(*stage, {&image, nullptr});
    for (const int tile : {8, 17, 40})
      test::expect_identical(whole, test::run_in_tiles(*stage, {&image, nullptr}, tile));
  }
}

TEST(Warp, lanczos_reproduces_a_smooth_wave_better_than_bilinear) {
  const auto wave = [](double x, double y) { return 100 * std::sin(0.6 * x) * std::cos(0.5 * y); };
  const Image image = test::make_image(48, 48, 1, [&](int, int x, int y) { return wave(x, y); });
  const auto error = [&](const char* kernel) {
    const Image out = warped(image, shift(0.5, 0.25), {{"resampling", kernel}});
    double worst = 0;
    for (int y = 6; y < 40; ++y)
      for (int x = 6; x < 40; ++x) worst = std::max(worst, std::abs(out(0, x, y) - wave(x + 0.5, y + 0.25)));
    return worst;
  };
  EXPECT_LT(error("lanczos3"), 0.2 * error("bilinear"));
  EXPECT_LT(error("cubic"), 0.4 * error("bilinear"));
}

TEST(Warp, keeps_a_constant_exactly_and_nodata_apart_from_it) {
  Image flat = test::make_image(40, 30, 1, [](int, int, int) { return 7.3; });
  flat.invalidate({10, 10, 5, 5});
  flat.invalidate({0, 20, 3, 10});
  for (const auto& kernel : kKernels) {
    const Image out = warped(flat, shift(0.3, -0.4), {{"resampling", kernel}});
    EXPECT_EQ(test::max_difference(flat, out), 0) << kernel;
    EXPECT_FALSE(out.valid(12, 12)) << kernel;
    EXPECT_TRUE(out.valid(8, 8)) << kernel;
  }
}

TEST(Warp, gives_the_same_bits_in_tiles_of_any_size) {
  Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  const double c = 1.01 * std::cos(0.05), s = std::sin(0.05);
  const Transform affine{{-2.2, c, -s, 1.7, s, c}, true, {}};
  for (const auto& kernel : kKernels)
    for (const Transform& t : {shift(2.37, -40.62), shift(-7, 3), affine}) {
      const auto stage = test::make_tile_stage(warp_stage(), {{"resampling", kernel}}, {&image, nullptr}, {Value{}, t});
      const Image whole = test::run_whole(*stage, {&image, nullptr});
      for (const int tile : {8, 17, 64})
        test::expect_identical(whole, test::run_in_tiles(*stage, {&image, nullptr}, tile));
    }
}

TEST(Warp, averages_what_falls_together_when_it_shrinks) {
  const Image checker = test::make_image(80, 80, 1, [](int, int x, int y) { return (x + y) % 2 ? 1 : 0; });
  const Image out = warped(checker, Transform{{0.25, 2, 0, 0.25, 0, 2}, true, {}});
  for (int y = 4; y < 30; ++y)
    for (int x = 4; x < 30; ++x) ASSERT_NEAR(out(0, x, y), 0.5, 0.05);
}

TEST(Warp, without_resampling_keeps_the_samples_and_moves_the_georeference) {
  const Image image = test::make_texture(20, 20, 1, 1);
  const Image out = warped(image, shift(-4, 2.5), {{"resample", false}});
  EXPECT_EQ(test::max_difference(image, out), 0);
  // Aligned pixel (10, 10) is pixel (6, 12.5) of the input, so that pixel must now lie where the aligned one does.
  const Point aligned = image.info.grid.to_map(10, 10);
  const Point moved = out.info.grid.to_map(6, 12.5);
  EXPECT_NEAR(aligned.x, moved.x, 1e-6);
  EXPECT_NEAR(aligned.y, moved.y, 1e-6);
}

TEST(Warp, refuses_what_it_cannot_do) {
  const Image image = test::make_texture(20, 20, 1, 1);
  EXPECT_THROW(warped(image, Transform{{0, 0, 0, 0, 0, 1}, true, {}}), Error);
  EXPECT_THROW(warped(image, Transform{{0, 40, 0, 0, 0, 40}, true, {}}), Error);
  EXPECT_THROW(warped(image, Transform{{NAN, 1, 0, 0, 0, 1}, true, {}}), Error);
  EXPECT_THROW(warped(image, Transform{{0, 1.1, 0, 0, 0, 1}, true, {}}, {{"resample", false}}), Error);
  EXPECT_THROW(warped(image, bent(), {{"resample", false}}), Error);
}

TEST(Warp, can_be_planned_before_the_transform_is_known) {
  const Image image = test::make_texture(20, 20, 1, 1);
  const auto stage = test::make_tile_stage(warp_stage(), {}, {&image, nullptr}, {});
  EXPECT_TRUE(stage->needs(0, 0, {0, 0, 10, 10}).contains(Window{-32, -32, 74, 74}));
}

}  // namespace
}  // namespace nadir
