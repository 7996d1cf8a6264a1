#include "stages/metrics/area_estimates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/metrics/jackknife.h"

namespace nadir {
namespace {

// Olofsson, Foody, Herold, Stehman, Woodcock, Wulder: Good practices for estimating area and assessing accuracy of land
// change, Remote Sensing of Environment 148 (2014), tables 8 and 9. Rows: map (deforestation, forest gain, stable
// forest, stable non-forest); columns: reference. Pixels of 30 m.
Confusion published_sample() {
  const std::int64_t counts[4][4] = {{66, 0, 5, 4}, {0, 55, 8, 12}, {1, 0, 153, 11}, {2, 1, 9, 313}};
  Confusion c({"deforestation", "forest gain", "stable forest", "stable non-forest"});
  for (std::size_t map = 0; map < 4; ++map)
    for (std::size_t truth = 0; truth < 4; ++truth) c.add(truth, map, counts[map][truth]);
  return c;
}

TEST(AreaEstimates, are_those_of_the_published_example) {
  const AreaEstimates e = estimate_areas(published_sample(), {200000, 150000, 3200000, 6450000});
  const double hectares = 1e7 * 0.09;
  const double area[]{21158, 11686, 285770, 581386}, plus_minus[]{6158, 3756, 15510, 16282};
  const double users[]{0.88, 0.73, 0.93, 0.96}, users_pm[]{0.07, 0.10, 0.04, 0.02};
  const double producers[]{0.75, 0.85, 0.93, 0.96};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(e.area_share[k] * hectares, area[k], 1) << k;
    EXPECT_NEAR(e.area_half_width[k] * hectares, plus_minus[k], 1) << k;
    EXPECT_NEAR(e.users[k], users[k], 0.005) << k;
    EXPECT_NEAR(e.users_half_width[k], users_pm[k], 0.005) << k;
    EXPECT_NEAR(e.producers[k], producers[k], 0.005) << k;
  }
  // Equation 7 for forest gain, by hand: only one of 325 pixels of stable non-forest adds to its own variance.
  const double w = 0.015, u = 55.0 / 75, omitted = 1.0 / 325, area_share = w * u + 0.645 * omitted,
               p = w * u / area_share;
  const double own = w * w * (1 - p) * (1 - p) * u * (1 - u) / 74;
  const double rest = p * p * 0.645 * 0.645 * omitted * (1 - omitted) / 324;
  EXPECT_NEAR(e.producers_half_width[1], 1.959964 * std::sqrt(own + rest) / area_share, 1e-6);
  EXPECT_NEAR(e.overall, 0.95, 0.005);
  EXPECT_NEAR(e.overall_half_width, 0.02, 0.005);
}

TEST(AreaEstimates, of_a_perfect_map_are_the_map_and_classes_without_samples_are_left_out) {
  Confusion c({"a", "b", "never sampled"});
  c.add(0, 0, 10);
  c.add(1, 1, 10);
  const AreaEstimates e = estimate_areas(c, {30, 70, 1000});
  EXPECT_DOUBLE_EQ(e.area_share[0], 0.3);
  EXPECT_DOUBLE_EQ(e.area_share[1], 0.7);
  EXPECT_EQ(e.area_share[2], 0);
  EXPECT_EQ(e.area_half_width[0], 0);
  for (const double v : estimate_areas(Confusion({"a", "b"}), {1, 1}).producers_half_width) EXPECT_EQ(v, 0);
}

// For a mean of equally large draws the jackknife is the textbook's standard error.
TEST(Jackknife, of_an_accuracy_is_the_standard_error_of_the_draws) {
  std::vector<Confusion> draws;
  const double right[]{10, 7, 9, 4, 8};
  double mean = 0, squares = 0;
  for (const double r : right) {
    draws.emplace_back(std::vector<std::string>{"a", "b"});
    draws.back().add(0, 0, std::int64_t(r));
    draws.back().add(0, 1, 10 - std::int64_t(r));
    mean += r / 50;
  }
  for (const double r : right) squares += std::pow(r / 10 - mean, 2);
  const double half = 1.959964 * std::sqrt(squares / 4 / 5);
  const Interval i = jackknife_interval(draws, overall_accuracy);
  EXPECT_NEAR(i.low, mean - half, 1e-6);
  EXPECT_NEAR(i.high, mean + half, 1e-6);
  EXPECT_EQ(jackknife_interval({draws[0]}, overall_accuracy).low, 0);
}

}  // namespace
}  // namespace nadir
