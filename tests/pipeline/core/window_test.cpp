#include "pipeline/core/window.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

TEST(Mirror, repeats_the_edge_sample_and_has_period_2n) {
  EXPECT_EQ(mirror(-1, 5), 0);
  EXPECT_EQ(mirror(5, 5), 4);
  EXPECT_EQ(mirror(-5, 5), 4);
  for (int i = -40; i < 40; ++i) EXPECT_EQ(mirror(i, 3), mirror(i + 6, 3));
  for (int i = -9; i < 9; ++i) EXPECT_EQ(mirror(i, 1), 0);
}

TEST(Window, floor_and_ceil_division_agree_with_real_division_for_negative_numbers) {
  EXPECT_EQ(floor_div(-1, 2), -1);
  EXPECT_EQ(ceil_div(-1, 2), 0);
  EXPECT_EQ(floor_div(4, 2), 2);
  EXPECT_EQ(ceil_div(5, 2), 3);
}

TEST(Window, mirror_source_holds_exactly_the_pixels_that_mirroring_reads) {
  const Size size{7, 4};
  for (int x = -9; x < 9; ++x)
    for (int w = 1; w < 12; ++w) {
      const Window window{x, 1, w, 2};
      const Window source = mirror_source(window, size);
      EXPECT_TRUE(whole(size).contains(source));
      for (int i = x; i < x + w; ++i) EXPECT_TRUE(source.contains(mirror(i, size.width), 1));
    }
}

TEST(Window, uniting_with_an_empty_window_changes_nothing) {
  const Window w{3, 4, 5, 6};
  EXPECT_EQ(unite(w, {}), w);
  EXPECT_EQ(unite({}, w), w);
}

}  // namespace
}  // namespace nadir
