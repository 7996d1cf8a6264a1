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

// As a graph would have it: a node of this name.
test::Image noisy(const std::string& node, ParamMap params, const test::Image& image) {
  StageContext context;
  context.node = node;
  context.params = &params;
  context.images = {image.info};
  context.values.resize(1);
  return test::run_whole(*noise_stage().as<TileFactory>()->make(context), {&image});
}

TEST(Noise, of_two_nodes_is_independent_unless_they_share_a_seed) {
  const test::Image image = flat(200, 200, 1);
  const auto deviation = [](const test::Image& out) {
    double sum = 0;
    for (int y = 0; y < 200; ++y)
      for (int x = 0; x < 200; ++x) sum += std::pow(double(out(0, x, y)) - 100, 2);
    return std::sqrt(sum) / 200;
  };
  const auto both = [&](std::int64_t seed) {
    const test::Image once = noisy("readout", {{"sigma_dn", 3.0}, {"seed", seed}}, image);
    return noisy("haze", {{"sigma_dn", 4.0}, {"seed", seed}}, once);
  };
  const test::Image apart = both(-1);
  EXPECT_NEAR(deviation(apart), 5, 0.1);
  EXPECT_EQ(apart.info.observation->noise_sigma, 5);
  EXPECT_NEAR(deviation(both(7)), 7, 0.1) << "equal seeds give equal noise";
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

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const test::Image& noisy, double value) {
  const Window w = noisy.info.grid.window();
  Moments m;
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x) {
      m.mean += (double(noisy(0, x, y)) - value) / double(w.area());
      m.variance += std::pow(double(noisy(0, x, y)) - value, 2) / double(w.area());
    }
  return m;
}

TEST(Noise, of_photons_grows_with_the_signal_as_poisson_says) {
  for (const double value :
       {0.0, 3.0, 40.0, 126.0, 130.0, 5000.0}) {  // two units an electron: both sides of the switch
    const test::Image flat = test::make_image(400, 400, 1, [value](int, int, int) { return value; });
    const std::string kind = "poisson_gaussian";
    const test::Image noisy =
        test::apply(noise_stage(), {{"kind", kind}, {"gain_dn", 2.0}, {"sigma_dn", 1.5}}, {&flat});
    const Moments m = moments_of(noisy, value);
    const double variance = 2 * value + 1.5 * 1.5;
    EXPECT_NEAR(m.mean, 0, 5 * std::sqrt(variance) / 400) << value;
    EXPECT_NEAR(m.variance / variance, 1, 0.02) << value;
  }
}

TEST(Noise, stripes_are_one_offset_a_column_or_row) {
  const test::Image flat = test::make_image(200, 100, 1, [](int, int, int) { return 10; });
  const std::string kind = "stripe";
  const test::Image columns = test::apply(noise_stage(), {{"kind", kind}, {"sigma_dn", 2.0}}, {&flat});
  const test::Image rows = test::apply(noise_stage(), {{"kind", kind}, {"columns", false}}, {&flat});
  for (int y = 1; y < 100; ++y) {
    EXPECT_EQ(columns(0, 17, y), columns(0, 17, 0));
    EXPECT_EQ(rows(0, 17, y), rows(0, 0, y));
  }
  EXPECT_NE(columns(0, 17, 0), columns(0, 18, 0));
  EXPECT_NEAR(moments_of(columns, 10).variance, 4, 1.5);
}

TEST(Noise, salt_and_pepper_takes_its_part_to_the_ends_of_the_type) {
  test::Image flat = test::make_image(300, 300, 1, [](int, int, int) { return 100; });
  flat.info.type = SampleType::u8;
  const std::string kind = "salt_and_pepper";
  const test::Image noisy = test::apply(noise_stage(), {{"kind", kind}, {"fraction", 0.1}}, {&flat});
  int low = 0, high = 0, kept = 0;
  for (int y = 0; y < 300; ++y)
    for (int x = 0; x < 300; ++x) ++(noisy(0, x, y) == 0 ? low : noisy(0, x, y) == 255 ? high : kept);
  EXPECT_NEAR(low, 4500, 250);
  EXPECT_NEAR(high, 4500, 250);
  EXPECT_EQ(low + high + kept, 90000);
}

TEST(Noise, of_every_kind_is_the_same_in_tiles_of_any_size) {
  const test::Image image = test::make_texture(53, 41, 2, 3);
  for (const std::string kind : {"gaussian", "poisson_gaussian", "stripe", "salt_and_pepper"}) {
    const auto stage = test::make_tile_stage(noise_stage(), {{"kind", kind}, {"fraction", 0.3}}, {&image});
    test::expect_identical(test::run_whole(*stage, {&image}), test::run_in_tiles(*stage, {&image}, 16));
  }
}

}  // namespace
}  // namespace nadir
