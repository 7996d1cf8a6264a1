#include "stages/metrics/area_estimates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

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
  const double right[]{10, 7, 9, 4, 8};
  double mean = 0, squares = 0;
  for (const double r : right) mean += r / 50;
  std::vector<double> changes;
  for (const double r : right) changes.push_back((50 * mean - r) / 40 - mean);
  for (const double r : right) squares += std::pow(r / 10 - mean, 2);
  const double half = 1.959964 * std::sqrt(squares / 4 / 5);
  const Interval i = jackknife_interval(mean, changes, 5);
  EXPECT_NEAR(i.low, mean - half, 1e-6);
  EXPECT_NEAR(i.high, mean + half, 1e-6);
  EXPECT_EQ(jackknife_interval(1, {0}, 1).low, 0);
}

// Every figure of every class from whole matrices, with one draw left out at a time.
Interval slow_interval(const std::vector<Confusion>& draws, const std::function<double(const Confusion&)>& figure,
                       double low) {
  const std::size_t classes = draws.front().size();
  const auto sum_without = [&](std::size_t left_out) {
    Confusion sum(draws.front().classes());
    for (std::size_t i = 0; i < draws.size(); ++i)
      for (std::size_t t = 0; t < classes; ++t)
        for (std::size_t m = 0; m < classes; ++m)
          if (i != left_out) sum.add(t, m, draws[i].count(t, m));
    return sum;
  };
  std::vector<double> values;
  double mean = 0, squares = 0;
  const double n = double(draws.size());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    values.push_back(figure(sum_without(i)));
    mean += values.back() / n;
  }
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double half = 1.959963984540054 * std::sqrt((n - 1) / n * squares), all = figure(sum_without(draws.size()));
  return {std::max(low, all - half), std::min(1.0, all + half)};
}

TEST(Jackknife, from_few_cells_a_draw_gives_the_intervals_of_whole_matrices) {
  const std::vector<std::string> names{"a", "b", "c", "d", "only mapped", "never"};
  std::vector<Draw> draws;
  std::vector<Confusion> matrices;
  Confusion all(names);
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t truth = i * i % 4, other = (i / 3) % 5;
    draws.push_back({{truth, truth, std::int64_t(5 + i * 7 % 11)}, {truth, other, std::int64_t(1 + i % 3)}});
    if (i == 7) draws.back() = {{3, 4, 200}};
    matrices.emplace_back(names);
    for (const DrawCell& c : draws.back())
      matrices.back().add(c.truth, c.mapped, c.pixels), all.add(c.truth, c.mapped, c.pixels);
  }
  Record r;
  add_intervals(all, draws, r);
  const auto expect_pair = [&](const char* field, const std::vector<double>& found, const Interval& wanted) {
    EXPECT_NEAR(found[0], wanted.low, 1e-10) << field;
    EXPECT_NEAR(found[1], wanted.high, 1e-10) << field;
  };
  const auto numbers = [&](const char* field) { return std::get<std::vector<double>>(*r.find(field)); };
  const auto kappa_of = [](const Confusion& c) { return kappa(c); };
  const auto miou_of = [](const Confusion& c) { return mean_iou(c); };
  expect_pair("kappa", numbers("kappa_95_by_feature"), slow_interval(matrices, kappa_of, -1));
  expect_pair("miou", numbers("miou_95_by_feature"), slow_interval(matrices, miou_of, 0));
  using Rates = std::vector<double> (*)(const Confusion&);
  const std::pair<const char*, Rates> rates[]{{"precision_95_by_feature", precision},
                                              {"recall_95_by_feature", recall},
                                              {"f1_95_by_feature", f1},
                                              {"iou_95_by_feature", iou}};
  for (const auto& [field, rate] : rates) {
    const auto rows = std::get<std::vector<std::vector<double>>>(*r.find(field));
    for (std::size_t k = 0; k < names.size(); ++k)
      expect_pair(field, {rows[0][k], rows[1][k]},
                  slow_interval(
                      matrices, [&rate = rate, k](const Confusion& c) { return rate(c)[k]; }, 0));
  }
}

}  // namespace
}  // namespace nadir
