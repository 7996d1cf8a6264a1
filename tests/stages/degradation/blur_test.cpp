#include <gtest/gtest.h>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

TEST(Blur, keeps_a_constant_image_exactly_even_around_nodata) {
  test::Image flat = test::make_image(40, 30, 1, [](int, int, int) { return 7; });
  flat.invalidate({10, 10, 5, 5});
  const test::Image out = test::apply(blur_stage(), {{"sigma_px", 1.6}}, {&flat});
  EXPECT_LE(test::max_difference(flat, out), 7 * 1e-6);
}

TEST(Blur, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  const auto stage = test::make_tile_stage(blur_stage(), {{"sigma_px", 1.6}}, {&image});
  const test::Image whole = test::run_whole(*stage, {&image});
  for (const int tile : {8, 17, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
}

}  // namespace
}  // namespace nadir
