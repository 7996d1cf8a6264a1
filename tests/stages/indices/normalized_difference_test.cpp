#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/indices/indices.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const ParamMap kFirstTwo{{"band_a", std::string("2")}, {"band_b", std::string("1")}};

TEST(NormalizedDifference, appends_a_band_and_leaves_the_others_alone) {
  const test::Image image = test::make_image(5, 4, 2, [](int b, int, int) { return b ? 300 : 100; });
  const test::Image out = test::apply(normalized_difference_stage(), kFirstTwo, {&image});
  ASSERT_EQ(out.tile.bands(), 3);
  EXPECT_EQ(out(0, 4, 3), 100);
  EXPECT_EQ(out(1, 4, 3), 300);
  EXPECT_FLOAT_EQ(out(2, 4, 3), 0.5f);
  EXPECT_EQ(out.info.bands[2].name, "ndvi");
}

TEST(NormalizedDifference, compares_reflectances_and_finds_bands_by_name) {
  test::Image image = test::make_image(3, 3, 2, [](int b, int, int) { return b ? 1400 : 1100; });
  image.info.bands[0] = {"red", 1e-4, -0.1, ""};
  image.info.bands[1] = {"nir", 1e-4, -0.1, ""};
  const test::Image out = test::apply(normalized_difference_stage(), {}, {&image});
  EXPECT_NEAR(out(2, 1, 1), (0.04 - 0.01) / (0.04 + 0.01), 1e-5);
}

TEST(NormalizedDifference, is_finite_and_within_one_for_any_samples_and_keeps_nodata) {
  test::Image image = test::make_image(9, 7, 2, [](int b, int x, int y) { return b ? x - 4 : y - 3; });
  image.invalidate({0, 0, 2, 2});
  const test::Image out = test::apply(normalized_difference_stage(), kFirstTwo, {&image});
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 9; ++x) {
      ASSERT_LE(std::abs(out(2, x, y)), 1) << x << "," << y;
      ASSERT_EQ(out.valid(x, y), image.valid(x, y));
    }
}

TEST(NormalizedDifference, gives_the_same_bits_in_tiles_of_any_size) {
  const test::Image image = test::make_texture(53, 41, 2, 3);
  const auto stage = test::make_tile_stage(normalized_difference_stage(), kFirstTwo, {&image});
  const test::Image whole = test::run_whole(*stage, {&image});
  for (const int tile : {8, 17, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
}

TEST(NormalizedDifference, finds_bands_by_colour_and_letters_of_either_case) {
  test::Image image = test::make_texture(8, 8, 2, 1);
  image.info.bands[0].colour = "Red";
  image.info.bands[1].name = "NIR";
  const test::Image named = test::apply(normalized_difference_stage(), {}, {&image});
  test::expect_identical(named, test::apply(normalized_difference_stage(), kFirstTwo, {&image}));
}

TEST(NormalizedDifference, says_which_bands_there_are_when_one_is_missing) {
  const test::Image image = test::make_texture(8, 8, 2, 1);
  try {
    test::make_tile_stage(normalized_difference_stage(), {{"band_a", std::string("nir")}}, {&image});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::data);
    EXPECT_NE(std::string(e.what()).find("band_a: there is no band 'nir'; the bands are 1, 2; name"), std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace nadir
