#include "stages/degradation/degradation_ops.h"

#include <gtest/gtest.h>

#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

TEST(Observe, a_single_tap_of_one_copies_every_factor_th_sample) {
  const test::Image fine = test::make_image(9, 6, 2, [](int b, int x, int y) { return 100 * b + 10 * y + x; });
  Tile coarse({0, 0, 3, 2}, 2);
  Exec exec;
  observe(exec, fine.tile.view(), coarse.view(), axis_taps({3, 1, {1.0f}, 0}));
  EXPECT_EQ(coarse.view()(1, 2, 1), fine(1, 7, 4));
  EXPECT_TRUE(coarse.view().is_valid(2, 1));
}

}  // namespace
}  // namespace nadir
