// Control points with blunders.
#include "stages/alignment/control_match.h"

#include <gtest/gtest.h>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

const Grid kGrid{1000, 800, {500000, 10, 0, 4600000, 0, -10}, ""};

// Points spread over the scene, whose image lies 3 px right of and 2 px above where the georeference says.
Survey survey(std::size_t count) {
  Survey s;
  for (std::size_t i = 0; i < count; ++i) {
    const Point at{20 + double(split_mix(i) % 960), 20 + double(split_mix(100 + i) % 760)};
    s.control_points.push_back({"p" + std::to_string(i + 1), kGrid.to_map(at.x, at.y), {at.x + 3, at.y - 2}, {}});
  }
  return s;
}

bool mentions(const std::vector<std::string>& texts, const std::string& a, const std::string& b) {
  for (const std::string& t : texts)
    if (t.find(a) != std::string::npos && t.find(b) != std::string::npos) return true;
  return false;
}

TEST(ControlPoints, give_the_shift_and_reject_a_gross_blunder_by_name) {
  Survey s = survey(7);
  s.control_points[5].map.x -= 180000;
  const ControlEstimate e = match_control_points(s, kGrid, TieModel::automatic);
  ASSERT_TRUE(e.failure.empty()) << e.failure;
  const Point p = e.fit.transform.source(500, 400);
  EXPECT_NEAR(p.x, 503, 0.01);
  EXPECT_NEAR(p.y, 398, 0.01);
  ASSERT_EQ(e.rejected.size(), 1u);
  EXPECT_TRUE(mentions(e.rejected, "p6", "180000"));
}

TEST(ControlPoints, say_when_a_point_looks_swapped) {
  Survey s = survey(9);
  std::swap(s.control_points[2].pixel.x, s.control_points[2].pixel.y);
  std::swap(s.control_points[4].map.x, s.control_points[4].map.y);
  const ControlEstimate e = match_control_points(s, kGrid, TieModel::automatic);
  EXPECT_TRUE(mentions(e.rejected, "p3", "pixel and line look swapped"));
  EXPECT_TRUE(mentions(e.rejected, "p5", "map x and y look swapped"));
}

TEST(ControlPoints, say_when_ids_are_shifted) {
  Survey s = survey(10);
  for (std::size_t i = 0; i + 1 < s.control_points.size(); ++i) s.control_points[i].map = s.control_points[i + 1].map;
  EXPECT_TRUE(mentions(match_control_points(s, kGrid, TieModel::automatic).findings, "ids look shifted", ""));
}

TEST(ControlPoints, are_refused_when_nothing_checks_them) {
  EXPECT_FALSE(match_control_points(survey(1), kGrid, TieModel::automatic).failure.empty());
  EXPECT_FALSE(match_control_points(survey(3), kGrid, TieModel::affine).failure.empty());
  EXPECT_FALSE(match_control_points(survey(9), kGrid, TieModel::thin_plate).failure.empty());
}

// On one row, all 3 px right of and 2 px above where the georeference says.
Survey row_of_points(std::size_t count) {
  Survey s;
  for (std::size_t i = 0; i < count; ++i) {
    const Point at{40 + 97.3 * double(i), 321.5};
    s.control_points.push_back({"p" + std::to_string(i + 1), kGrid.to_map(at.x, at.y), {at.x + 3, at.y - 2}, {}});
  }
  return s;
}

TEST(ControlPoints, in_a_straight_line_determine_a_shift_but_no_affine_transform) {
  for (const TieModel model : {TieModel::automatic, TieModel::shift, TieModel::similarity}) {
    const ControlEstimate e = match_control_points(row_of_points(8), kGrid, model);
    ASSERT_TRUE(e.failure.empty()) << name_of(model) << ": " << e.failure;
    EXPECT_EQ(e.inlier_share, 1) << name_of(model);
    EXPECT_NEAR(e.fit.transform.source(500, 700).x, 503, 0.01) << name_of(model);
    EXPECT_NEAR(e.fit.transform.source(500, 700).y, 698, 0.01) << name_of(model);
  }
  for (const TieModel model : {TieModel::affine, TieModel::polynomial2}) {
    const ControlEstimate e = match_control_points(row_of_points(8), kGrid, model);
    EXPECT_NE(e.failure.find("a shift or a similarity"), std::string::npos) << e.failure;
    EXPECT_NE(e.failure.find(name_of(model)), std::string::npos) << e.failure;
  }
}

TEST(ControlPoints, at_one_place_determine_a_shift_only) {
  Survey s = row_of_points(7);
  for (ControlPoint& p : s.control_points) p.map = s.control_points[0].map, p.pixel = s.control_points[0].pixel;
  const ControlEstimate e = match_control_points(s, kGrid, TieModel::automatic);
  EXPECT_TRUE(e.failure.empty()) << e.failure;
  EXPECT_EQ(e.fit.model, TieModel::shift);
  const ControlEstimate turned = match_control_points(s, kGrid, TieModel::similarity);
  EXPECT_NE(turned.failure.find("a shift"), std::string::npos) << turned.failure;
}

TEST(ControlPoints, bend_where_a_model_is_asked_to) {
  Survey s = survey(40);
  for (ControlPoint& p : s.control_points) p.pixel.x += 2e-5 * p.pixel.y * p.pixel.y;
  const ControlEstimate e = match_control_points(s, kGrid, TieModel::automatic);
  EXPECT_TRUE(e.fit.model == TieModel::polynomial2 || e.fit.model == TieModel::polynomial3) << name_of(e.fit.model);
  EXPECT_LT(e.fit.held_out_rmse, 0.1);
}

}  // namespace
}  // namespace nadir
