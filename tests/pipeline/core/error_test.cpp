#include "pipeline/core/error.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

TEST(NearestName, is_the_one_with_the_fewest_slips) {
  EXPECT_EQ(nearest_name("blurr", {"blur", "blue", "warp"}), "blur");
  EXPECT_EQ(nearest_name("rnu", {"run", "plan"}), "run");
  EXPECT_EQ(nearest_name("colour", {"tile", "memory"}), "");
}

TEST(NearestName, may_be_a_longer_one_that_begins_so) {
  EXPECT_EQ(nearest_name("sigma", {"kind", "sigma_px", "radius_px"}), "sigma_px");
  EXPECT_EQ(nearest_name("sigma", {"sigma_px", "sigma_across_px"}), "") << "which of them?";
  EXPECT_EQ(nearest_name("si", {"sigma_px"}), "") << "says too little";
}

}  // namespace
}  // namespace nadir
