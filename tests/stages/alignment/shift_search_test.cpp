#include "stages/alignment/shift_search.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/alignment/class_scatter.h"

namespace nadir {
namespace {

Surface bump(double x, double y, int radius) {
  Surface s(radius);
  for (int j = -radius; j <= radius; ++j)
    for (int i = -radius; i <= radius; ++i)
      s.at(i, j) = 5 - 0.3 * (i - x) * (i - x) - 0.2 * (j - y) * (j - y) + 0.1 * (i - x) * (j - y);
  return s;
}

TEST(Refine, finds_the_top_of_a_quadratic_exactly) {
  const Surface s = bump(2.3, -1.4, 8);
  const Peak peak = *highest(s);
  for (const int reach : {1, 2, 3}) {
    EXPECT_NEAR(refine(s, peak, reach).x, 2.3, 1e-12);
    EXPECT_NEAR(refine(s, peak, reach).y, -1.4, 1e-12);
  }
}

TEST(Refine, stays_on_the_peak_where_neighbours_are_not_known) {
  Surface s = bump(2.3, -1.4, 8);
  s.at(3, -1) = NAN;
  EXPECT_EQ(refine(s, *highest(s), 1), (Point{2, -1}));
}

TEST(Highest, finds_nothing_on_a_flat_or_unknown_surface) {
  Surface s(3);
  EXPECT_FALSE(highest(s));
  for (int y = -3; y <= 3; ++y)
    for (int x = -3; x <= 3; ++x) s.at(x, y) = NAN;
  EXPECT_FALSE(highest(s));
}

TEST(StandardError, is_zero_when_all_parts_agree_and_grows_when_one_does_not) {
  ShiftEstimate e;
  e.shift.fill({3, 4});
  EXPECT_EQ(standard_error(e), 0);
  EXPECT_EQ(confidence(0), 1);
  e.shift[5].x = 7;
  EXPECT_NEAR(standard_error(e), std::sqrt(7.0 / 8 * 16 / 2), 1e-12);
  EXPECT_LT(confidence(standard_error(e)), 0.1);
}

TEST(LogDeterminant, agrees_with_a_determinant_done_by_hand) {
  std::vector<double> m{4, 1, 2, 1, 3, 0, 2, 0, 5};
  EXPECT_NEAR(log_determinant(m, 3), std::log(4 * 15 - 1 * 5 + 2 * (0 - 6)), 1e-12);
}

TEST(ClassInformation, is_nothing_for_equal_classes_and_much_for_distinct_ones) {
  const auto moments = [](double mean) { return Moments{100, 100 * mean, 100 * mean, 100 * (mean * mean + 0.25)}; };
  const Moments low = moments(-1), high = moments(1), middle = moments(0);
  EXPECT_NEAR(class_information({middle.data(), middle.data()}, 2), 0, 1e-12);
  // Total variance 1.25, within 0.25, 0.01 added to both.
  EXPECT_NEAR(class_information({low.data(), high.data()}, 2), 0.5 * std::log(1.26 / 0.26), 1e-12);
}

}  // namespace
}  // namespace nadir
