#include "pipeline/core/coverage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace nadir {
namespace {

const Grid kGrid{40, 30, {1000, 10, 0, 5000, 0, -10}, ""};

Point at(double x, double y) { return {1000 + 10 * x, 5000 - 10 * y}; }  // from pixels

Feature polygon(std::vector<std::vector<Point>> rings) {
  for (auto& ring : rings)
    for (Point& p : ring) p = at(p.x, p.y);
  return {"a", 1, Shape::polygon, std::move(rings)};
}

double sum(const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(Coverage, is_the_share_of_a_pixel_that_lies_inside) {
  const auto share = coverage(polygon({{{2.25, 3}, {5, 3}, {5, 4.5}, {2.25, 4.5}}}), kGrid, {0, 0, 8, 8});
  const auto of = [&](int x, int y) { return share[std::size_t(8 * y + x)]; };
  EXPECT_EQ(of(2, 3), 0.75f);
  EXPECT_EQ(of(3, 3), 1.0f);
  EXPECT_EQ(of(2, 4), 0.375f);
  EXPECT_EQ(of(4, 4), 0.5f);
  EXPECT_EQ(of(5, 3), 0.0f);
  EXPECT_EQ(of(3, 2), 0.0f);
}

TEST(Coverage, adds_up_to_the_area_of_any_polygon_and_leaves_holes_out) {
  // A spiral, 24 corners at odd places, with a hole that runs the other way round.
  std::vector<Point> outer, hole{{18, 13}, {19.3, 15.2}, {20.9, 14.1}};
  for (int i = 0; i < 24; ++i) {
    const double a = 6.283185307179586 * i / 24, r = i % 2 ? 6.3 : 11.7;
    outer.push_back({19.37 + r * std::cos(a), 14.81 + r * std::sin(a)});
  }
  const auto area = [](const std::vector<Point>& ring) {
    double twice = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Point &a = ring[i], &b = ring[(i + 1) % ring.size()];
      twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
  };
  if (area(hole) * area(outer) > 0) std::swap(hole[0], hole[2]);
  const double wanted = std::abs(area(outer)) - std::abs(area(hole));
  EXPECT_NEAR(sum(coverage(polygon({outer, hole}), kGrid, kGrid.window())), wanted, 1e-4);
  // In parts, too.
  double parts = 0;
  for (int y = 0; y < 30; y += 7)
    for (int x = 0; x < 40; x += 11)
      parts += sum(coverage(polygon({outer, hole}), kGrid, intersect({x, y, 11, 7}, kGrid.window())));
  EXPECT_NEAR(parts, wanted, 1e-4);
}

TEST(Coverage, of_points_and_lines_is_every_pixel_that_they_touch) {
  Feature line{"l", 1, Shape::line, {{at(1.5, 1.5), at(6.5, 1.5)}}};
  EXPECT_EQ(sum(coverage(line, kGrid, kGrid.window())), 6);
  Feature points{"p", 1, Shape::point, {{at(1.5, 1.5)}, {at(3.1, 7.9)}}};
  const auto share = coverage(points, kGrid, kGrid.window());
  EXPECT_EQ(share[std::size_t(7 * 40 + 3)], 1.0f);
  EXPECT_EQ(sum(share), 2);
}

}  // namespace
}  // namespace nadir
