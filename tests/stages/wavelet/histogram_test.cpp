#include "stages/wavelet/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nadir {
namespace {

Histogram of(const std::vector<float>& values) {
  HistogramBuilder builder;
  for (const float v : values) builder.count(v);
  return builder.finish();
}

TEST(Histogram, orders_negative_zero_and_positive_values) {
  const Histogram h = of({3, -2, 0, -0.0f, -1000, 1e30f});
  EXPECT_EQ(h.count(), 6u);
  EXPECT_EQ(h.quantile(0), -1000);
  EXPECT_EQ(h.quantile(0.2), -2);
  EXPECT_EQ(h.quantile(0.5), 0);
  EXPECT_EQ(h.quantile(0.8), 3);
  EXPECT_NEAR(h.quantile(1) / 1e30, 1, 1.0 / 4096);
}

TEST(Histogram, keeps_whole_numbers_up_to_4096_and_the_extremes_of_float) {
  for (const float v : {1.0f, 255.0f, 4095.0f, 4096.0f, -777.0f}) EXPECT_EQ(of({v}).quantile(0.5), v);
  for (const float v : {65535.0f, 3.4e38f, 1e-40f, -0.123f})
    EXPECT_NEAR(of({v}).quantile(0.5), double(v), std::abs(double(v)) / 4000 + 1e-41);
}

TEST(Histogram, of_parts_adds_up_to_that_of_the_whole) {
  Histogram sum = of({1, 2, 3});
  sum.add(of({2, 5}));
  sum.add(Histogram{});
  EXPECT_EQ(sum.count(), 5u);
  EXPECT_EQ(sum.quantile(0.5), 2);
  EXPECT_EQ(sum.quantile(1), 5);
}

TEST(Histogram, spreads_rounded_values_over_their_width) {
  EXPECT_NEAR(of({0, 0, 1, 1}).quantile(0.5, 0.5), 0.5, 1e-12);
  EXPECT_NEAR(of({0, 0, 0, 0}).quantile(0.5, 0.5), 0.25, 1e-12);
  EXPECT_EQ(Histogram{}.quantile(0.5, 0.5), 0);
}

}  // namespace
}  // namespace nadir
