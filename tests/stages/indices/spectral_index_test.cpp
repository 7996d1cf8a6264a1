#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipeline/core/error.h"
#include "stages/indices/indices.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

test::Image bands(const std::vector<std::string>& names) {
  test::Image image = test::make_texture(40, 30, int(names.size()), 3);
  for (std::size_t b = 0; b < names.size(); ++b) image.info.bands[b].name = names[b];
  image.invalidate({5, 5, 3, 2});
  return image;
}

ParamMap named(std::vector<std::string> indices) { return {{"indices", std::move(indices)}}; }

TEST(SpectralIndex, equals_its_formula) {
  const test::Image in = bands({"blue", "Band 3 (Green)", "B4", "near infrared", "SWIR-1, swir"});
  ParamMap params = named({"ndvi", "ndwi", "ndbi", "evi"});
  params["reflectance_scale"] = 0.004;
  const test::Image out = test::apply(spectral_index_stage(), params, {&in});
  ASSERT_EQ(out.info.band_count(), 9);
  EXPECT_EQ(out.info.bands[8].name, "evi");
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x) {
      ASSERT_EQ(out.valid(x, y), in.valid(x, y));
      if (!in.valid(x, y)) continue;
      double r[5];
      for (int b = 0; b < 5; ++b) r[b] = 0.004 * double(in(b, x, y));
      const auto difference = [](double a, double b) { return a + b > 0 ? (a - b) / (a + b) : 0; };
      ASSERT_NEAR(out(5, x, y), difference(r[3], r[2]), 1e-5);
      ASSERT_NEAR(out(6, x, y), difference(r[1], r[3]), 1e-5);
      ASSERT_NEAR(out(7, x, y), difference(r[4], r[3]), 1e-5);
      const double below = r[3] + 6 * r[2] - 7.5 * r[0] + 1;
      const double evi = below > 0 ? std::clamp(2.5 * (r[3] - r[2]) / below, -2.5, 2.5) : 0;
      ASSERT_NEAR(out(8, x, y), evi, 1e-3);
      ASSERT_EQ(out(2, x, y), in(2, x, y));
    }
}

TEST(SpectralIndex, finds_bands_by_wavelength_whatever_they_are_called) {
  const test::Image in = bands({"nir", "x", "y"});
  ParamMap params = named({"ndvi"});
  params["wavelengths_nm"] = std::vector<double>{665, 705, 842};
  const test::Image out = test::apply(spectral_index_stage(), params, {&in});
  const float nir = in(2, 20, 20), red = in(0, 20, 20);
  EXPECT_NEAR(out(3, 20, 20), (nir - red) / (nir + red), 1e-6);
}

float ndvi(float nir, float red) { return (nir - red) / (nir + red); }

TEST(SpectralIndex, takes_no_other_infrared_for_nir_and_no_red_edge_for_red) {
  const test::Image in = bands({"Red Edge 1", "Red", "Shortwave Infrared 1", "Thermal Infrared", "mid-infrared",
                                "Short Wave Infrared", "Near Infrared"});
  const test::Image out = test::apply(spectral_index_stage(), named({"ndvi"}), {&in});
  EXPECT_NEAR(out(7, 20, 20), ndvi(in(6, 20, 20), in(1, 20, 20)), 1e-6);
  for (const char* name : {"Infrared", "Band 5 (infrared)", "NIR", "near-infrared (NIR)", "B08"}) {
    const test::Image two = bands({"red", name});
    EXPECT_NEAR(test::apply(spectral_index_stage(), named({"ndvi"}), {&two})(2, 20, 20),
                ndvi(two(1, 20, 20), two(0, 20, 20)), 1e-6)
        << name;
  }
  for (const char* name : {"Shortwave Infrared 1", "SWIR infrared", "Thermal infrared", "far infrared"}) {
    const test::Image two = bands({"red", name});
    EXPECT_THROW(test::apply(spectral_index_stage(), named({"ndvi"}), {&two}), Error) << name;
  }
  const test::Image edge = bands({"Red Edge 1", "rededge", "nir"});
  EXPECT_THROW(test::apply(spectral_index_stage(), named({"ndvi"}), {&edge}), Error);
}

TEST(SpectralIndex, reflectance_scale_is_for_evi_alone_and_keeps_the_offset_in_proportion) {
  test::Image in = bands({"blue", "red", "nir"});
  for (BandInfo& b : in.info.bands) b.scale = 0.5, b.offset = -20;
  ParamMap params = named({"ndvi", "evi"});
  params["reflectance_scale"] = 0.0025;
  const test::Image out = test::apply(spectral_index_stage(), params, {&in});
  for (int y = 10; y < 30; ++y)
    for (int x = 10; x < 40; ++x) {
      const auto reflectance = [&](int b, double scale) { return scale * (double(in(b, x, y)) - 40); };
      const double blue = reflectance(0, 0.0025), red = reflectance(1, 0.0025), nir = reflectance(2, 0.0025);
      const double sum = reflectance(2, 0.5) + reflectance(1, 0.5), below = nir + 6 * red - 7.5 * blue + 1;
      const double expected = sum > 0 ? std::clamp((reflectance(2, 0.5) - reflectance(1, 0.5)) / sum, -1.0, 1.0) : 0;
      ASSERT_NEAR(out(3, x, y), expected, 1e-4) << x << ", " << y;
      ASSERT_NEAR(out(4, x, y), below > 0 ? std::clamp(2.5 * (nir - red) / below, -2.5, 2.5) : 0, 1e-3);
    }
}

TEST(SpectralIndex, refuses_bands_that_cannot_be_found_and_indices_that_it_does_not_know) {
  const test::Image in = bands({"red", "green"});
  const auto make = [&](ParamMap params) { test::make_tile_stage(spectral_index_stage(), params, {&in}); };
  EXPECT_THROW(make(named({"ndvi"})), Error);
  EXPECT_THROW(make(named({"nvdi"})), Error);
  EXPECT_THROW(make(named({})), Error);
  ParamMap params = named({"ndvi"});
  params["wavelengths_nm"] = std::vector<double>{665};
  EXPECT_THROW(make(params), Error);
}

TEST(LocalStatistics, equal_plain_sums_over_valid_pixels) {
  const test::Image in = bands({"a", ""});
  const test::Image out = test::apply(
      local_statistics_stage(), {{"statistics", std::vector<std::string>{"mean", "deviation", "gradient"}}}, {&in});
  ASSERT_EQ(out.info.band_count(), 8);
  EXPECT_EQ(out.info.bands[4].name, "deviation of a");
  EXPECT_EQ(out.info.bands[7].name, "gradient of 2");
  for (int y = 2; y < 28; ++y)
    for (int x = 2; x < 38; ++x) {
      if (!in.valid(x, y)) continue;
      double sum = 0, squares = 0, count = 0;
      for (int j = -2; j <= 2; ++j)
        for (int i = -2; i <= 2; ++i)
          if (in.valid(x + i, y + j)) {
            sum += double(in(1, x + i, y + j));
            squares += std::pow(double(in(1, x + i, y + j)), 2);
            ++count;
          }
      ASSERT_NEAR(out(3, x, y), sum / count, 1e-5);
      ASSERT_NEAR(out(5, x, y), std::sqrt(std::max(0.0, squares / count - std::pow(sum / count, 2))), 1e-5);
    }
}

TEST(LocalStatistics, of_a_ramp_are_known_also_beside_a_hole) {
  test::Image ramp = test::make_image(30, 20, 1, [](int, int x, int y) { return 3 * x + 4 * y; });
  ramp.invalidate({10, 10, 1, 1});
  const test::Image out =
      test::apply(local_statistics_stage(), {{"statistics", std::vector<std::string>{"gradient", "mean"}}}, {&ramp});
  EXPECT_EQ(out(1, 20, 8), 5);
  EXPECT_EQ(out(1, 9, 10), 5);
  EXPECT_EQ(out(1, 11, 10), 5);
  EXPECT_NEAR(out(2, 20, 8), 92, 1e-4);
}

TEST(LocalStatistics, a_constant_deviates_by_nothing) {
  const test::Image flat = test::make_image(20, 20, 1, [](int, int, int) { return 1234.56; });
  const test::Image out = test::apply(local_statistics_stage(), {{"radius_px", std::int64_t{3}}}, {&flat});
  EXPECT_EQ(out(1, 10, 10), float(1234.56));
  EXPECT_EQ(out(2, 10, 10), 0);
  EXPECT_EQ(out(2, 0, 19), 0);
}

TEST(LocalStatistics, give_the_same_bits_in_tiles_of_any_size) {
  const test::Image in = bands({"a", "b"});
  const auto stage = test::make_tile_stage(local_statistics_stage(), {{"radius_px", std::int64_t{3}}}, {&in});
  for (const int tile : {7, 16})
    test::expect_identical(test::run_whole(*stage, {&in}), test::run_in_tiles(*stage, {&in}, tile));
  EXPECT_THROW(
      test::make_tile_stage(local_statistics_stage(), {{"statistics", std::vector<std::string>{"median"}}}, {&in}),
      Error);
  EXPECT_THROW(test::make_tile_stage(local_statistics_stage(),
                                     {{"statistics", std::vector<std::string>{"mean", "mean"}}}, {&in}),
               Error);
}

}  // namespace
}  // namespace nadir
