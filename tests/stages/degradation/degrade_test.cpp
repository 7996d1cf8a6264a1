#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::string kCorner = "corner";

ParamMap protocol_g() {
  return {{"sigma_px", 1.6},
          {"radius_px", std::int64_t{3}},
          {"factor", std::int64_t{3}},
          {"phase", kCorner},
          {"quantize", true}};
}

test::Image eight_bit_texture(int width, int height, int bands) {
  test::Image image = test::make_texture(width, height, bands, 2);
  image.info.type = SampleType::u8;
  for (int b = 0; b < bands; ++b)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        float& v = image.tile.view()(b, x, y);
        v = std::min(255.0f, std::max(0.0f, std::rint(v)));
      }
  return image;
}

// Protocol G as its text says: pad by 3 with the half-sample mirror, 7 x 7 Gaussian, samples 0, 3, 6, …, round, clamp.
double slow_protocol_g(const test::Image& image, int b, int cx, int cy) {
  double sum = 0, weights = 0;
  for (int dy = -3; dy <= 3; ++dy)
    for (int dx = -3; dx <= 3; ++dx) {
      const double w = std::exp(-(dx * dx + dy * dy) / (2 * 1.6 * 1.6));
      sum +=
          w * double(image(b, mirror(3 * cx + dx, image.info.grid.width), mirror(3 * cy + dy, image.info.grid.height)));
      weights += w;
    }
  return sum / weights;
}

TEST(Degrade, is_protocol_g_of_the_super_resolution_papers) {
  const test::Image image = eight_bit_texture(40, 32, 3);
  const test::Image out = test::apply(degrade_stage(), protocol_g(), {&image});
  EXPECT_EQ(out.info.grid.size(), (Size{14, 11}));
  for (int b = 0; b < 3; ++b)
    for (int y = 0; y < 11; ++y)
      for (int x = 0; x < 14; ++x) {
        const double expected = slow_protocol_g(image, b, x, y);
        EXPECT_EQ(out(b, x, y), std::round(out(b, x, y)));
        EXPECT_NEAR(out(b, x, y), expected, 0.5 + 1e-4) << b << ": " << x << "," << y;
      }
}

TEST(Degrade, tells_super_resolution_the_operator_and_the_noise) {
  const test::Image image = eight_bit_texture(40, 32, 1);
  ParamMap params = protocol_g();
  params["noise_sigma_dn"] = 5.0;
  const test::Image out = test::apply(degrade_stage(), params, {&image});
  ASSERT_TRUE(out.info.observation);
  EXPECT_EQ(out.info.observation->factor, 3);
  EXPECT_EQ(out.info.observation->first, -3);
  EXPECT_EQ(out.info.observation->taps.size(), 7u);
  EXPECT_EQ(out.info.observation->noise_sigma, 5);
}

TEST(Degrade, equals_the_chain_of_its_parts) {
  const test::Image image = test::make_texture(40, 32, 2, 2);
  const test::Image whole = test::apply(
      degrade_stage(),
      {{"sigma_px", 1.3}, {"factor", std::int64_t{2}}, {"noise_sigma_dn", 2.0}, {"seed", std::int64_t{4}}}, {&image});
  const test::Image soft = test::apply(blur_stage(), {{"sigma_px", 1.3}}, {&image});
  const test::Image coarse = test::apply(downsample_stage(), {{"factor", std::int64_t{2}}}, {&soft});
  const test::Image chain = test::apply(noise_stage(), {{"sigma_dn", 2.0}, {"seed", std::int64_t{4}}}, {&coarse});
  EXPECT_EQ(whole.info.grid, chain.info.grid);
  EXPECT_LE(test::max_difference(whole, chain), 255 * 2e-6);
  EXPECT_EQ(whole.info.observation->first, chain.info.observation->first);
  EXPECT_EQ(whole.info.observation->noise_sigma, chain.info.observation->noise_sigma);
}

TEST(Degrade, rounds_half_to_even_and_clamps_to_the_type) {
  test::Image image = test::make_image(
      6, 1, 1, [](int, int x, int) { return std::vector{0.5, 1.5, 2.5, 254.5, 255.5, -3.0}[std::size_t(x)]; });
  image.info.type = SampleType::u8;
  const test::Image out =
      test::apply(degrade_stage(), {{"sigma_px", 0.0}, {"factor", std::int64_t{1}}, {"quantize", true}}, {&image});
  const float expected[] = {0, 2, 2, 254, 255, 0};
  for (int x = 0; x < 6; ++x) EXPECT_EQ(out(0, x, 0), expected[x]);
}

TEST(Degrade, gives_the_same_bits_in_tiles_of_any_size_and_lets_no_nodata_in) {
  test::Image image = test::make_image(53, 41, 2, [](int, int, int) { return 60; });
  image.invalidate({20, 5, 12, 9});
  image.invalidate({0, 30, 4, 11});
  ParamMap params = protocol_g();
  const test::Image calm = test::apply(degrade_stage(), params, {&image});
  EXPECT_FALSE(calm.valid(8, 3));
  for (int y = 0; y < calm.info.grid.height; ++y)
    for (int x = 0; x < calm.info.grid.width; ++x) EXPECT_EQ(calm(1, x, y), calm.valid(x, y) ? 60 : 0);
  params["noise_sigma_dn"] = 9.0;
  const auto stage = test::make_tile_stage(degrade_stage(), params, {&image});
  const test::Image whole = test::run_whole(*stage, {&image});
  for (const int tile : {1, 5, 16}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
}

TEST(Degrade, with_any_shape_keeps_constants_and_is_the_same_in_tiles) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  const test::Image flat = test::make_image(30, 20, 1, [](int, int, int) { return 7; });
  for (const std::string kind : {"box", "mtf", "disk", "motion"}) {
    const ParamMap params{{"kind", kind}, {"factor", std::int64_t{3}}};
    const auto stage = test::make_tile_stage(degrade_stage(), params, {&image});
    test::expect_identical(test::run_whole(*stage, {&image}), test::run_in_tiles(*stage, {&image}, 7));
    const test::Image out = test::apply(degrade_stage(), params, {&flat});
    for (int x = 0; x < 10; ++x) EXPECT_NEAR(out(0, x, 3), 7, 7e-6) << kind;
  }
}

TEST(Degrade, by_a_sensor_has_its_modulation_at_the_coarse_nyquist_frequency_and_its_noise) {
  const test::Image image = test::make_texture(60, 60, 1, 3);
  const std::string sensor = "sentinel2", kind = "mtf";
  const test::Image by_sensor =
      test::apply(degrade_stage(), {{"sensor", sensor}, {"signal_dn", 142.0}, {"seed", std::int64_t{1}}}, {&image});
  const test::Image by_hand = test::apply(
      degrade_stage(), {{"kind", kind}, {"mtf", 0.24}, {"noise_sigma_dn", 1.0}, {"seed", std::int64_t{1}}}, {&image});
  test::expect_identical(by_sensor, by_hand);
  EXPECT_THROW(test::make_tile_stage(degrade_stage(), {{"signal_dn", 142.0}}, {&image}), Error) << "of which sensor?";
}

}  // namespace
}  // namespace nadir
