#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

TEST(Luma, maps_black_white_and_the_primaries_as_bt601_says) {
  test::Image rgb = test::make_image(5, 1, 3, [](int b, int x, int) { return x == 1 || x - 2 == b ? 255 : 0; });
  rgb.info.type = SampleType::u8;
  const test::Image rounded = test::apply(luma_stage(), {}, {&rgb});
  const test::Image exact = test::apply(luma_stage(), {{"round", false}}, {&rgb});
  const double expected[] = {16, 235, 16 + 65.481, 16 + 128.553, 16 + 24.966};
  for (int x = 0; x < 5; ++x) {
    EXPECT_EQ(rounded(0, x, 0), std::round(expected[x]));
    EXPECT_NEAR(exact(0, x, 0), expected[x], 2e-5);
  }
  EXPECT_EQ(rounded.info.type, SampleType::u8);
  EXPECT_EQ(exact.info.type, SampleType::f32);
  EXPECT_EQ(exact.info.band_count(), 1);
}

TEST(Luma, keeps_validity_passes_one_band_and_refuses_four) {
  test::Image rgb = test::make_texture(9, 7, 3, 1);
  rgb.invalidate({2, 2, 3, 1});
  const test::Image out = test::apply(luma_stage(), {}, {&rgb});
  EXPECT_FALSE(out.valid(3, 2));
  EXPECT_TRUE(out.valid(5, 2));
  const test::Image gray = test::make_texture(9, 7, 1, 1);
  test::expect_identical(test::apply(luma_stage(), {}, {&gray}), gray);
  const test::Image four = test::make_texture(9, 7, 4, 1);
  EXPECT_THROW(test::make_tile_stage(luma_stage(), {}, {&four}), Error);
}

}  // namespace
}  // namespace nadir
