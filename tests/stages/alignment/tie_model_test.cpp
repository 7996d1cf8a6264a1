// Models through made-up tie points.
#include "stages/alignment/tie_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

double uniform(std::uint64_t k) { return double(split_mix(k) >> 11) * 0x1p-53 * 2 - 1; }

// A 12 x 12 grid of points over 600 x 600 px with a given displacement and noise of some size.
template <class Displacement>
TiePoints points(const Displacement& displacement, double noise) {
  TiePoints result;
  for (int k = 0; k < 144; ++k) {
    TiePoint t;
    t.at = {25 + 50.0 * (k % 12), 25 + 50.0 * (k / 12)};
    const Point d = displacement(t.at.x, t.at.y);
    t.moved = {d.x + noise * uniform(std::uint64_t(2 * k)), d.y + noise * uniform(std::uint64_t(2 * k + 1))};
    t.cell = k, t.weight = 1;
    result.push_back(t);
  }
  return result;
}

const FitTask kTask{{600, 600}, 1};

double worst(const Transform& t, const auto& displacement) {
  double most = 0;
  for (int y = 30; y < 600; y += 60)
    for (int x = 30; x < 600; x += 60) {
      const Point p = t.source(x, y), d = displacement(x, y);
      most = std::max(most, std::hypot(p.x - x - d.x, p.y - y - d.y));
    }
  return most;
}

const auto kShift = [](double, double) { return Point{3.25, -1.5}; };
const auto kAffine = [](double x, double y) { return Point{2 + 0.01 * x - 0.004 * y, 1 - 0.006 * x}; };
const auto kCurved = [](double x, double y) { return Point{3e-5 * x * x, 2e-5 * x * y - 1}; };
const auto kWave = [](double x, double y) { return Point{2 * std::sin(x / 90), 2 * std::cos(y / 80)}; };

TEST(ChooseModel, takes_the_simplest_one_that_holds_for_points_left_out) {
  std::string why;
  EXPECT_EQ(choose_model(points(kShift, 0.1), kTask, &why).model, TieModel::shift);
  EXPECT_EQ(choose_model(points(kAffine, 0.1), kTask, &why).model, TieModel::affine);
  EXPECT_EQ(choose_model(points(kCurved, 0.1), kTask, &why).model, TieModel::polynomial2);
  EXPECT_EQ(choose_model(points(kWave, 0.1), kTask, &why).model, TieModel::thin_plate);
  EXPECT_NE(why.find("thin_plate"), std::string::npos);
}

TEST(FitModel, finds_each_kind_of_displacement_between_the_points) {
  EXPECT_LT(worst(fit_model(TieModel::shift, points(kShift, 0), kTask, 0).transform, kShift), 1e-6);
  EXPECT_LT(worst(fit_model(TieModel::affine, points(kAffine, 0), kTask, 0).transform, kAffine), 1e-6);
  EXPECT_LT(worst(fit_model(TieModel::polynomial2, points(kCurved, 0), kTask, 0).transform, kCurved), 1e-6);
  EXPECT_LT(worst(fit_model(TieModel::polynomial3, points(kCurved, 0), kTask, 0).transform, kCurved), 1e-5);
  EXPECT_LT(worst(fit_model(TieModel::thin_plate, points(kWave, 0), kTask, 0).transform, kWave), 0.15);
}

TEST(FitModel, a_similarity_scales_both_axes_alike) {
  const auto turned = [](double x, double y) { return Point{1 + 0.01 * x - 0.02 * y, -2 + 0.02 * x + 0.01 * y}; };
  const Transform t = fit_model(TieModel::similarity, points(turned, 0), kTask, 0).transform;
  EXPECT_LT(worst(t, turned), 1e-4);
  EXPECT_NEAR(t.pixel[1], t.pixel[5], 1e-12);
  EXPECT_NEAR(t.pixel[2], -t.pixel[4], 1e-12);
}

TEST(FitModel, is_not_moved_by_a_third_of_wrong_points) {
  TiePoints ties = points(kAffine, 0.05);
  for (std::size_t k = 0; k < ties.size(); k += 3)
    ties[k].moved = {30 * uniform(1000 + 2 * k), 30 * uniform(1001 + 2 * k)};
  weigh_by_neighbours(ties);
  const ModelFit fit = fit_model(TieModel::affine, ties, kTask, 0);
  EXPECT_LT(worst(fit.transform, kAffine), 0.05);
  EXPECT_EQ(fit.weights[0], 0);
  EXPECT_LT(fit.uncertainty, 0.05);
}

TEST(CoherentOutliers, are_those_that_move_together) {
  TiePoints together = points(kShift, 0.05), apart = together;
  for (std::size_t k = 0; k < together.size(); ++k) {
    const bool corner = together[k].at.x < 250 && together[k].at.y < 250;
    if (!corner) continue;
    together[k].moved.y += 8, together[k].weight = 0;
    apart[k].moved = {30 * uniform(2 * k), 30 * uniform(2 * k + 1)}, apart[k].weight = 0;
  }
  EXPECT_GT(coherent_outliers(together), 0.12);
  EXPECT_LT(coherent_outliers(apart), 0.03);
}

}  // namespace
}  // namespace nadir
