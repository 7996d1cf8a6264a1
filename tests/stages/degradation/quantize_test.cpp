#include <gtest/gtest.h>

#include <cmath>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

TEST(Quantize, rounds_half_to_even_and_clamps_to_bits_or_type) {
  test::Image image = test::make_image(6, 1, 1, [](int, int x, int) { return x * 0.5 - 1; });
  image.info.type = SampleType::u8;
  image.invalidate({5, 0, 1, 1});
  const test::Image out = test::apply(quantize_stage(), {}, {&image});
  EXPECT_EQ(out(0, 0, 0), 0) << "-1 is no u8";
  EXPECT_EQ(out(0, 3, 0), 0) << "0.5";
  EXPECT_EQ(out(0, 4, 0), 1);
  EXPECT_FALSE(out.valid(5, 0));
  const test::Image steps = test::apply(quantize_stage(), {{"step_dn", 0.25}, {"bits", std::int64_t{2}}}, {&image});
  EXPECT_EQ(steps(0, 3, 0), 0.5f);
  EXPECT_EQ(steps(0, 4, 0), 0.75f) << "the largest of two bits";
  EXPECT_NEAR(steps.info.observation->noise_sigma, 0.25 / std::sqrt(12.0), 1e-9);
}

}  // namespace
}  // namespace nadir
