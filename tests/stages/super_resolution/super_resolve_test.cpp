#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "stages/super_resolution/super_resolution.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Text = std::string;
using Whole = std::int64_t;

const std::vector<Text> kMethods{"nonlocal", "bicubic", "lanczos", "back_projection"};

double psnr(const test::Image& a, const test::Image& b) {
  const Window w = intersect(a.info.grid.window(), b.info.grid.window());
  double sum = 0;
  for (int band = 0; band < a.tile.bands(); ++band)
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x) sum += std::pow(double(a(band, x, y)) - double(b(band, x, y)), 2);
  return 10 * std::log10(255 * 255 * double(w.area()) * a.tile.bands() / sum);
}

test::Image copy_of(const test::Image& image) {
  test::Image copy{image.info, Tile(image.tile.window(), image.tile.bands())};
  copy_pixels(image.tile.view(), copy.tile.view(), image.tile.window());
  return copy;
}

void expect_finite_where_valid(const test::Image& image) {
  const Window w = image.info.grid.window();
  for (int b = 0; b < image.tile.bands(); ++b)
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x)
        ASSERT_TRUE(!image.valid(x, y) || std::isfinite(image(b, x, y))) << x << "," << y;
}

TEST(SuperResolve, gains_more_than_1_dB_over_bicubic_on_ten_bands) {
  const test::Image truth = test::make_texture(96, 90, 10, 5);
  const test::Image coarse = test::apply(degrade_stage(), {{"sigma_px", 1.0}, {"factor", Whole{2}}}, {&truth});
  const auto resolve = [&](const Text& method) {
    return psnr(truth, test::apply(super_resolve_stage(), {{"method", method}}, {&coarse}));
  };
  const double nonlocal = resolve("nonlocal");
  const double bicubic = resolve("bicubic");
  EXPECT_GE(nonlocal, bicubic + 1);
  EXPECT_GE(resolve("back_projection"), bicubic);
  RecordProperty("gain_db", std::to_string(nonlocal - bicubic));
}

TEST(SuperResolve, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  for (const Text& method : kMethods) {
    const auto stage = test::make_tile_stage(
        super_resolve_stage(),
        {{"method", method}, {"block_px", Whole{16}}, {"halo_px", Whole{6}}, {"iterations", Whole{4}}}, {&image});
    const test::Image whole = test::run_whole(*stage, {&image});
    for (const int tile : {17, 32, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
  }
}

TEST(SuperResolve, keeps_a_constant_image_constant_even_around_nodata) {
  test::Image flat = test::make_image(40, 30, 2, [](int b, int, int) { return 70 + b; });
  flat.invalidate({10, 10, 5, 5});
  flat.invalidate({0, 28, 40, 2});
  for (const Text& method : kMethods) {
    const test::Image fine = test::apply(super_resolve_stage(), {{"method", method}}, {&flat});
    const test::Image expected = test::make_image(80, 60, 2, [](int b, int, int) { return 70 + b; });
    EXPECT_LE(test::max_difference(expected, fine), 1e-2) << method;
  }
}

TEST(SuperResolve, fine_pixels_of_invalid_pixels_are_invalid_and_no_others) {
  test::Image image = test::make_texture(24, 20, 1, 1);
  image.invalidate({0, 0, 3, 2});
  image.invalidate({12, 9, 1, 1});
  for (const Text& method : kMethods) {
    const test::Image fine = test::apply(super_resolve_stage(), {{"method", method}, {"scale", Whole{3}}}, {&image});
    for (int y = 0; y < 60; ++y)
      for (int x = 0; x < 72; ++x) ASSERT_EQ(fine.valid(x, y), image.valid(x / 3, y / 3)) << method;
    expect_finite_where_valid(fine);
  }
}

TEST(SuperResolve, values_under_nodata_do_not_matter) {
  test::Image a = test::make_texture(40, 40, 1, 2);
  a.invalidate({15, 15, 8, 8});
  test::Image b = test::make_texture(40, 40, 1, 2);
  b.invalidate({15, 15, 8, 8});
  for (int y = 15; y < 23; ++y)
    for (int x = 15; x < 23; ++x) b.tile.view()(0, x, y) = x % 2 ? std::nanf("") : 1e30f;
  for (const Text& method : kMethods)
    test::expect_identical(test::apply(super_resolve_stage(), {{"method", method}}, {&a}),
                           test::apply(super_resolve_stage(), {{"method", method}}, {&b}));
}

TEST(SuperResolve, tiny_flat_and_empty_images_come_out_defined) {
  for (const auto& [width, height] : {std::pair{1, 1}, {5, 5}, {1, 40}, {2, 3}})
    for (const Whole scale : {1, 2, 3, 4})
      for (const Text& method : kMethods) {
        const test::Image image = test::make_texture(width, height, 2, 1);
        const test::Image fine = test::apply(super_resolve_stage(), {{"method", method}, {"scale", scale}}, {&image});
        EXPECT_EQ(fine.info.grid.width, width * int(scale));
        expect_finite_where_valid(fine);
      }
  test::Image nothing = test::make_texture(30, 30, 1, 1);
  nothing.invalidate({0, 0, 30, 30});
  EXPECT_FALSE(test::apply(super_resolve_stage(), {}, {&nothing}).valid(10, 10));
}

TEST(SuperResolve, samples_far_outside_the_range_do_not_reach_far) {
  test::Image image = test::make_texture(64, 40, 1, 1);
  image.tile.view()(0, 5, 5) = -3.4e38f;
  image.tile.view()(0, 6, 5) = 3.4e38f;
  expect_finite_where_valid(test::apply(super_resolve_stage(), {}, {&image}));
}

TEST(SuperResolve, undoes_the_georeference_of_both_phases_exactly) {
  const test::Image truth = test::make_texture(48, 36, 1, 1);
  for (const char* phase : {"centre", "corner"})
    for (const Whole factor : {2, 3, 4}) {
      const test::Image coarse = test::apply(degrade_stage(), {{"factor", factor}, {"phase", Text(phase)}}, {&truth});
      const auto stage = test::make_tile_stage(super_resolve_stage(), {{"scale", factor}}, {&coarse});
      const ImageInfo info = stage->outputs()[0];
      int col = -1, row = -1;
      EXPECT_TRUE(same_lattice(info.grid, truth.info.grid, &col, &row)) << phase << factor;
      EXPECT_EQ(std::pair(col, row), std::pair(0, 0)) << phase << factor;
      EXPECT_FALSE(info.observation);
    }
}

TEST(SuperResolve, takes_the_point_spread_function_from_the_degradation_port) {
  const test::Image truth = test::make_texture(48, 36, 1, 1);
  const test::Image coarse = test::apply(degrade_stage(), {{"sigma_px", 1.6}}, {&truth});
  test::Image bare = copy_of(coarse);
  bare.info.observation.reset();
  const test::Image carried = test::apply(super_resolve_stage(), {}, {&coarse});
  test::expect_identical(carried, test::apply(super_resolve_stage(), {}, {&bare, nullptr, &coarse}));
  EXPECT_GT(test::max_difference(carried, test::apply(super_resolve_stage(), {}, {&bare})), 1);
}

Record psf_of(double sigma_px, bool reliable) { return {{"reliable", reliable}, {"sigma_px", sigma_px}}; }

TEST(SuperResolve, takes_the_point_spread_function_that_was_estimated) {
  const test::Image image = test::make_texture(48, 36, 1, 1);
  const auto with = [&](const ParamMap& params, const Record& psf, const test::Image* degraded = nullptr) {
    return test::apply(super_resolve_stage(), params, {&image, nullptr, degraded}, {{}, {}, {}, psf});
  };
  // Of 1.3 pixels, half a fine one is the image's own; the rest is trusted as far as it exceeds its error, 0.06.
  const double beyond = 1.3 * 1.3 - 0.5 * 0.5 / 4 - 0.5 * 0.5;
  const double sigma = 2 * std::sqrt(0.25 + beyond * beyond * beyond / (beyond * beyond + 0.06 * 0.06));
  const Text smooth = "back_projection";  // no decisions that rounding of sigma could turn
  EXPECT_LE(
      test::max_difference(with({{"method", smooth}}, psf_of(1.3, true)),
                           test::apply(super_resolve_stage(), {{"method", smooth}, {"psf_sigma_px", sigma}}, {&image})),
      0.01);
  const test::Image estimated = with({}, psf_of(1.3, true));
  const test::Image usual = test::apply(super_resolve_stage(), {}, {&image});
  EXPECT_GT(test::max_difference(estimated, usual), 1);
  test::expect_identical(usual, with({}, psf_of(1.3, false)));
  test::expect_identical(usual, with({}, Record{{"reliable", true}}));
  test::expect_identical(test::apply(super_resolve_stage(), {{"psf_sigma_px", 0.8}}, {&image}),
                         with({{"psf_sigma_px", 0.8}}, psf_of(1.3, true)));
  const test::Image degraded = test::apply(degrade_stage(), {{"sigma_px", 1.6}}, {&image});
  test::expect_identical(test::apply(super_resolve_stage(), {}, {&image, nullptr, &degraded}),
                         with({}, psf_of(1.3, true), &degraded));
}

TEST(SuperResolve, compares_patches_by_the_guide) {
  // Two bands: structure, and a constant. Patches compared by the constant are all alike, so any will do.
  const test::Image texture = test::make_texture(48, 40, 1, 4);
  const test::Image image =
      test::make_image(48, 40, 2, [&](int b, int x, int y) { return b == 0 ? double(texture(0, x, y)) : 90.0; });
  const auto by = [&](const Text& guide) { return test::apply(super_resolve_stage(), {{"guide", guide}}, {&image}); };
  const test::Image by_structure = by("1");
  test::expect_identical(test::apply(super_resolve_stage(), {{"guide", Text("pc1")}}, {&image},
                                     {{}, Record{{"covariance", std::vector<std::vector<double>>{{900, 0}, {0, 0}}}}}),
                         by_structure);
  EXPECT_GT(test::max_difference(by_structure, by("2")), 1);
  EXPECT_GT(test::max_difference(by_structure, by("mean")), 0);
  EXPECT_THROW(by("luma"), Error);
}

TEST(SuperResolve, a_band_in_other_units_gives_the_same_picture_in_those_units) {
  test::Image grey = test::make_texture(40, 32, 1, 1);
  for (int i = 0; i < 40 * 32; ++i)  // so that the other units hold them exactly
    grey.tile.view().samples[i] = std::round(grey.tile.view().samples[i] * 16) / 16;
  test::Image reflectance = copy_of(grey);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 40; ++x) reflectance.tile.view()(0, x, y) = grey(0, x, y) / 1024 + 0.5f;
  const Record statistics{{"sigma", std::vector<double>{0}},
                          {"low", std::vector<double>{0.5 + 28.0 / 1024}},
                          {"high", std::vector<double>{0.5 + 228.0 / 1024}}};
  const test::Image expected = test::apply(super_resolve_stage(), {}, {&grey});
  const test::Image fine = test::apply(super_resolve_stage(), {}, {&reflectance}, {{}, statistics});
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 80; ++x) ASSERT_NEAR((fine(0, x, y) - 0.5f) * 1024, expected(0, x, y), 0.01);
}

TEST(SuperResolve, constant_bands_with_statistics_without_range_stay_constant) {
  const test::Image flat = test::make_image(20, 20, 2, [](int b, int, int) { return 1000 * b; });
  const std::vector<double> zeros{0, 0};
  const std::vector<double> values{0, 1000};
  const Record statistics{{"sigma", zeros}, {"low", values}, {"high", values}};
  const test::Image fine = test::apply(super_resolve_stage(), {}, {&flat}, {{}, statistics});
  EXPECT_NEAR(fine(1, 11, 13), 1000, 0.01);
}

TEST(SuperResolve, removes_noise_that_it_is_told_of) {
  const test::Image truth = test::make_texture(96, 96, 1, 2);
  const test::Image coarse = test::apply(degrade_stage(), {{"noise_sigma_dn", 5.0}}, {&truth});
  const double aware = psnr(truth, test::apply(super_resolve_stage(), {}, {&coarse}));
  EXPECT_GT(aware, psnr(truth, test::apply(super_resolve_stage(), {{"noise_dn", 0.0}}, {&coarse})));
}

TEST(SuperResolve, parameters_at_both_ends_of_their_ranges_give_finite_images) {
  const test::Image image = test::make_texture(20, 20, 1, 1);
  const ParamMap few{{"scale", Whole{1}},     {"psf_sigma_px", 0.01}, {"strength", 0.05},    {"similar", Whole{1}},
                     {"search_px", Whole{1}}, {"block_px", Whole{8}}, {"halo_px", Whole{0}}, {"iterations", Whole{1}}};
  const ParamMap many{{"scale", Whole{4}},      {"psf_sigma_px", 8.0},     {"strength", 20.0},
                      {"similar", Whole{128}},  {"search_px", Whole{200}}, {"block_px", Whole{4096}},
                      {"halo_px", Whole{1024}}, {"noise_dn", 1e6},         {"quality", Text("best")}};
  for (const ParamMap& params : {few, many})
    expect_finite_where_valid(test::apply(super_resolve_stage(), params, {&image}));
  EXPECT_THROW(test::make_tile_stage(super_resolve_stage(), {{"scale", Whole{5}}}, {&image}), std::logic_error);
}

TEST(SuperResolve, degenerate_images_give_finite_samples_in_every_quality) {
  const auto saturated = [](int, int x, int y) { return x < 20 ? 255 : y < 12 ? 0 : 255; };
  const auto half_flat = [](int b, int x, int y) { return b == 0 ? 40 : 127 + 90 * std::sin(0.7 * x + 0.3 * y); };
  test::Image holes = test::make_texture(40, 30, 2, 1);
  for (int i = 0; i < 40; ++i) holes.tile.view()(i % 2, i, i % 30) = i % 3 ? std::nanf("") : INFINITY;
  const std::vector<test::Image> images = [&] {
    std::vector<test::Image> v;
    v.push_back(test::make_image(40, 30, 1, saturated));
    v.push_back(test::make_image(40, 30, 2, half_flat));
    v.push_back(test::make_texture(5, 5, 1, 1));
    v.push_back(test::make_texture(1, 1, 3, 1));
    v.push_back(std::move(holes));
    return v;
  }();
  for (const test::Image& image : images)
    for (const char* quality : {"fast", "balanced", "best"}) {
      const test::Image fine = test::apply(super_resolve_stage(), {{"quality", Text(quality)}}, {&image});
      expect_finite_where_valid(fine);
      EXPECT_EQ(fine.valid(3, 1), fine.valid(2, 0));
    }
  const test::Image steps = test::apply(super_resolve_stage(), {}, {&images[0]});
  EXPECT_NEAR(steps(0, 5, 40), 255, 3);  // far from the edges of what is saturated
  EXPECT_NEAR(steps(0, 60, 8), 0, 3);
  EXPECT_NEAR(test::apply(super_resolve_stage(), {}, {&images[1]})(0, 33, 21), 40, 0.05);
  EXPECT_FALSE(test::apply(super_resolve_stage(), {}, {&images[4]}).valid(2, 2));
}

TEST(SuperResolve, the_result_observed_again_is_the_image) {
  const test::Image truth = test::make_texture(96, 72, 2, 4);
  const ParamMap observed{{"sigma_px", 1.2}, {"factor", Whole{3}}};
  const test::Image coarse = test::apply(degrade_stage(), observed, {&truth});
  for (const char* quality : {"fast", "balanced"}) {
    const test::Image fine =
        test::apply(super_resolve_stage(), {{"scale", Whole{3}}, {"quality", Text(quality)}}, {&coarse});
    EXPECT_GT(psnr(coarse, test::apply(degrade_stage(), observed, {&fine})), 58) << quality;  // 0.3 grey levels
  }
}

// The mean step from one pixel to the next across columns and rows that are multiples of `period` (`on`), or all
// others.
double mean_step(const test::Image& image, int period, bool on) {
  const Grid& g = image.info.grid;
  double sum = 0;
  int count = 0;
  for (int y = 1; y < g.height; ++y)
    for (int x = 1; x < g.width; ++x) {
      if ((x % period == 0) == on) sum += std::abs(double(image(0, x, y)) - double(image(0, x - 1, y))), ++count;
      if ((y % period == 0) == on) sum += std::abs(double(image(0, x, y)) - double(image(0, x, y - 1))), ++count;
    }
  return sum / count;
}

TEST(SuperResolve, blocks_leave_no_seam) {
  const test::Image truth = test::make_texture(208, 176, 1, 3);
  const test::Image coarse = test::apply(degrade_stage(), {{"factor", Whole{2}}}, {&truth});
  for (const char* quality : {"fast", "balanced"}) {
    const ParamMap one{{"quality", Text(quality)}, {"block_px", Whole{4096}}};
    const ParamMap many{{"quality", Text(quality)}, {"block_px", Whole{32}}};
    const test::Image whole = test::apply(super_resolve_stage(), one, {&coarse});
    const test::Image blocks = test::apply(super_resolve_stage(), many, {&coarse});
    const double across = mean_step(blocks, 64, true) / mean_step(whole, 64, true);
    const double elsewhere = mean_step(blocks, 64, false) / mean_step(whole, 64, false);
    EXPECT_NEAR(across / elsewhere, 1, 0.01) << quality;
    EXPECT_GT(psnr(whole, blocks), 55) << quality;
    RecordProperty(Text(quality) + "_step_ratio", std::to_string(across / elsewhere));
    RecordProperty(Text(quality) + "_psnr", std::to_string(psnr(whole, blocks)));
  }
}

TEST(SuperResolve, does_not_look_beyond_the_window_that_it_asks_for) {
  const test::Image image = test::make_texture(64, 16, 1, 1);
  const auto stage =
      test::make_tile_stage(super_resolve_stage(), {{"block_px", Whole{16}}, {"halo_px", Whole{4}}}, {&image});
  EXPECT_EQ(stage->alignment(), 32);
  EXPECT_EQ(stage->needs(0, 0, {32, 0, 32, 32}), (Window{12, 0, 24, 16}));
  EXPECT_TRUE(stage->needs(1, 0, {0, 0, 8, 8}).empty());
  EXPECT_TRUE(stage->needs(2, 0, {0, 0, 8, 8}).empty());
  EXPECT_GT(stage->scratch_bytes({0, 0, 32, 32}), 0u);
}

TEST(Device, super_resolves_within_a_fiftieth_of_a_grey_level) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  test::Image image = test::make_texture(90, 70, 3, 3);
  image.invalidate({20, 5, 9, 9});
  for (const char* quality : {"fast", "balanced"}) {
    const auto stage =
        test::make_tile_stage(super_resolve_stage(), {{"quality", Text(quality)}, {"block_px", Whole{64}}}, {&image});
    EXPECT_LE(test::max_difference(test::run_whole(*stage, {&image}), test::run_on_device(*stage, {&image})), 0.02);
  }
}

TEST(SuperResolve, asks_for_a_device_where_it_solves) {
  const test::Image image = test::make_texture(64, 48, 2, 1);
  const auto solving = test::make_tile_stage(super_resolve_stage(), {{"block_px", Whole{32}}}, {&image});
  EXPECT_EQ(solving->device_use(), DeviceUse::own);
  // At least x, z and their correction, 32-bit samples of two bands.
  EXPECT_GT(solving->device_bytes({0, 0, 64, 64}), std::size_t{3 * 2 * 64 * 64 * 4});
  EXPECT_GT(solving->device_bytes({0, 0, 128, 96}), solving->device_bytes({0, 0, 64, 64}) - 1);
  for (const char* method : {"bicubic", "lanczos", "back_projection"})
    EXPECT_EQ(test::make_tile_stage(super_resolve_stage(), {{"method", Text(method)}}, {&image})->device_use(),
              DeviceUse::none);
}

}  // namespace
}  // namespace nadir
