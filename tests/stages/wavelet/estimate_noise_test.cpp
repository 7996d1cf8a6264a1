#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "stages/degradation/degradation.h"
#include "stages/wavelet/wavelet.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

std::vector<double> fact(const test::Image& image, const std::string& name, const ParamMap& params = {}) {
  const Value value = test::estimate(estimate_noise_stage(), params, {&image});
  return std::get<std::vector<double>>(*std::get<Record>(value).find(name));
}

test::Image smooth(int width, int height, int bands) {
  return test::make_image(width, height, bands, [](int b, int x, int y) {
    return 120 + 50 * std::sin(0.02 * x + b) + 30 * std::cos(0.03 * y);
  });
}

test::Image noisy(double sigma, bool quantize, double scale = 1) {
  test::Image image = smooth(400, 300, 2);
  if (quantize) image.info.type = SampleType::u8;
  image = test::apply(
      degrade_stage(),
      {{"sigma_px", 0.0}, {"factor", std::int64_t{1}}, {"noise_sigma_dn", sigma}, {"quantize", quantize}}, {&image});
  for (int b = 0; b < 2; ++b)
    for (int y = 0; y < 300; ++y)
      for (int x = 0; x < 400; ++x) image.tile.view()(b, x, y) *= float(scale);
  return image;
}

TEST(EstimateNoise, finds_the_noise_that_was_added_within_three_percent) {
  for (const double sigma : {1.0, 5.0, 20.0})
    for (const double found : fact(noisy(sigma, false), "sigma")) EXPECT_NEAR(found, sigma, 0.03 * sigma);
  for (const double found : fact(noisy(4, false, 1e-4), "sigma")) EXPECT_NEAR(found, 4e-4, 0.03 * 4e-4);
}

TEST(EstimateNoise, finds_it_in_rounded_samples_together_with_the_rounding) {
  for (const double sigma : {0.5, 1.0, 5.0}) {
    const double with_rounding = std::sqrt(sigma * sigma + 1 / 12.0);
    for (const double found : fact(noisy(sigma, true), "sigma"))
      EXPECT_NEAR(found, with_rounding, 0.08 * with_rounding);
  }
}

TEST(EstimateNoise, is_not_misled_by_fill_saturation_and_nodata) {
  test::Image image = noisy(5, true);
  for (int b = 0; b < 2; ++b)
    for (int y = 0; y < 300; ++y)
      for (int x = 0; x < 280; ++x) image.tile.view()(b, x, y) = x < 100 ? 17.0f : x < 200 ? 255.0f : image(b, x, y);
  image.invalidate({230, 0, 50, 300});
  for (const double found : fact(image, "sigma")) EXPECT_NEAR(found, 5, 0.4);
}

TEST(EstimateNoise, gives_range_mean_deviation_and_valid_share_of_valid_samples) {
  test::Image image = test::make_image(1000, 600, 1, [](int, int x, int) { return x; });
  image.invalidate({0, 0, 1000, 150});
  EXPECT_NEAR(fact(image, "low")[0], 10, 1);
  EXPECT_NEAR(fact(image, "high")[0], 990, 1);
  EXPECT_NEAR(fact(image, "mean")[0], 499.5, 1e-9);
  EXPECT_NEAR(fact(image, "std")[0], std::sqrt((1e6 - 1) / 12), 1e-9);
  EXPECT_NEAR(fact(image, "valid_fraction")[0], 0.75, 1e-12);
}

TEST(EstimateNoise, of_flat_tiny_and_empty_images_is_zero_and_finite) {
  test::Image empty = test::make_texture(20, 20, 1, 1);
  empty.invalidate({0, 0, 20, 20});
  for (const test::Image& image :
       {test::make_image(40, 40, 1, [](int, int, int) { return 7; }), test::make_texture(1, 1, 1, 1)})
    EXPECT_EQ(fact(image, "sigma")[0], 0);
  for (const char* name : {"sigma", "low", "high", "mean", "std", "valid_fraction"})
    EXPECT_EQ(fact(empty, name)[0], 0) << name;
}

TEST(EstimateNoise, skips_what_is_not_finite) {
  test::Image image = noisy(5, false);
  image.tile.view()(0, 50, 50) = std::numeric_limits<float>::quiet_NaN();
  image.tile.view()(0, 60, 50) = std::numeric_limits<float>::infinity();
  EXPECT_NEAR(fact(image, "sigma")[0], 5, 0.15);
  EXPECT_TRUE(std::isfinite(fact(image, "mean")[0]));
}

TEST(EstimateNoise, states_what_it_keeps_of_every_band_of_a_block) {
  const test::Image small = smooth(64, 64, 3), large = smooth(1024, 512, 1);
  const StageInfo info = estimate_noise_stage();
  const ParamMap params;
  const auto bytes_kept = [&](const test::Image& image) {
    StageContext context;
    context.params = &params;
    context.images = {image.info};
    context.values.resize(1);
    const auto stage = info.as<EstimateFactory>()->make(context);
    std::size_t bytes = 0;
    for (const Window& block : stage->blocks()) bytes += stage->evidence_bytes(block);
    return bytes;
  };
  // As many bins of 8 bytes as there are values, and 16 cells.
  EXPECT_GE(bytes_kept(small), 3u * ((64 * 64 + 32 * 32) * 8 + 16 * 16));
  EXPECT_LE(bytes_kept(small), 3u * ((64 * 64 + 32 * 32) * 8 + 64 * 16));
  EXPECT_GE(bytes_kept(large), std::size_t{1} << 19);
  EXPECT_LE(bytes_kept(large), std::size_t{1} << 20);
}

TEST(EstimateNoise, looks_at_a_seeded_sample_of_whole_scene_anchored_blocks) {
  const test::Image image = smooth(1100, 1600, 1);
  ParamMap params{{"max_blocks", std::int64_t{5}}};
  StageContext context;
  context.params = &params;
  context.images = {image.info};
  const auto blocks = [&](std::uint64_t seed) {
    context.seed = seed;
    return estimate_noise_stage().as<EstimateFactory>()->make(context)->blocks();
  };
  EXPECT_EQ(blocks(1).size(), 5u);
  EXPECT_EQ(blocks(1), blocks(1));
  EXPECT_NE(blocks(1), blocks(2));
  for (const Window& w : blocks(3)) EXPECT_TRUE(w.x % 512 == 0 && w.y % 512 == 0);
  EXPECT_THROW(fact(image, "sigma", {{"max_blocks", std::int64_t{0}}}), std::logic_error);
}

}  // namespace
}  // namespace nadir
