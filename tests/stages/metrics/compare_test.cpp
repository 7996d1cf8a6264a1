#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/metrics/image_metrics.h"
#include "stages/metrics/metrics.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

Record compare(const test::Image& image, const test::Image& reference, const ParamMap& params = {},
               const test::Image* baseline = nullptr) {
  return std::get<Record>(test::estimate(compare_stage(), params, {&image, &reference, baseline}));
}

double at(const Record& r, const char* name, std::size_t i) {
  return std::get<std::vector<double>>(*r.find(name)).at(i);
}

// Wang's definition with the full two-dimensional window and central moments, one window at a time.
double slow_ssim(const test::Image& a, const test::Image& b, int band, double peak) {
  const Size size = a.info.grid.size();
  double sum = 0;
  int windows = 0;
  for (int cy = 5; cy + 5 < size.height; ++cy)
    for (int cx = 5; cx + 5 < size.width; ++cx) {
      double total = 0, ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
      bool complete = true;
      const auto each = [&](auto f) {
        for (int y = -5; y <= 5; ++y)
          for (int x = -5; x <= 5; ++x) f(std::exp(-(x * x + y * y) / 4.5), cx + x, cy + y);
      };
      each([&](double w, int x, int y) {
        complete = complete && a.valid(x, y) && b.valid(x, y);
        total += w;
        ma += w * a(band, x, y);
        mb += w * b(band, x, y);
      });
      if (!complete) continue;
      ma /= total;
      mb /= total;
      each([&](double w, int x, int y) {
        va += w / total * std::pow(a(band, x, y) - ma, 2);
        vb += w / total * std::pow(b(band, x, y) - mb, 2);
        cov += w / total * (a(band, x, y) - ma) * (b(band, x, y) - mb);
      });
      const double c1 = std::pow(0.01 * peak, 2), c2 = std::pow(0.03 * peak, 2);
      sum += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      ++windows;
    }
  return sum / windows;
}

TEST(Compare, ssim_equals_a_slow_formula_also_around_nodata_and_across_blocks) {
  test::Image a = test::make_texture(300, 23, 2, 1);
  test::Image b = test::make_texture(300, 23, 2, 2);
  b.invalidate({40, 8, 6, 2});
  const Record r = compare(a, b, {{"peak", 255.0}});
  for (int band = 0; band < 2; ++band)
    EXPECT_NEAR(at(r, "ssim_by_band", std::size_t(band)), slow_ssim(a, b, band, 255), 1e-9);
}

TEST(Compare, refuses_images_in_different_reference_systems_and_names_them) {
  test::Image image = test::make_texture(40, 30, 1, 1), reference = test::make_texture(40, 30, 1, 1);
  image.info.grid.crs_wkt = "PROJCS[\"zone 32\",AUTHORITY[\"EPSG\",\"32632\"]]";
  EXPECT_NO_THROW(compare(image, reference));
  reference.info.grid.crs_wkt = "PROJCS[\"zone 33\",AUTHORITY[\"EPSG\",\"32633\"]]";
  try {
    compare(image, reference);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "the image is in zone 32 (EPSG:32632), the reference in zone 33 (EPSG:32633); reproject one of them, for "
              "example with gdalwarp -t_srs");
  }
}

TEST(Compare, states_the_pixels_that_it_keeps_while_it_does_not_know_the_value_range) {
  const test::Image image = test::make_texture(300, 200, 3, 1), reference = test::make_texture(300, 200, 3, 2);
  const StageInfo info = compare_stage();
  const auto bytes_kept = [&](const ParamMap& params) {
    StageContext context;
    context.params = &params;
    context.images = {image.info, reference.info, std::nullopt};
    context.values.resize(3);
    const auto stage = info.as<EstimateFactory>()->make(context);
    std::size_t bytes = 0;
    for (const Window& block : stage->blocks()) bytes += stage->evidence_bytes(block);
    return bytes;
  };
  const std::size_t whole = 2 * Tile::bytes({0, 0, 300, 200}, 3);
  EXPECT_GE(bytes_kept({}), whole);
  EXPECT_LE(bytes_kept({}), whole + whole / 5);  // blocks overlap
  EXPECT_EQ(bytes_kept({{"peak", 255.0}}), 0u);
}

TEST(Compare, a_collar_of_nodata_over_whole_blocks_leaves_the_value_range_alone) {
  test::Image reference = test::make_image(600, 300, 1, [](int, int x, int) { return 100 + x % 50; });
  const test::Image image = test::make_image(600, 300, 1, [](int, int x, int) { return 101 + x % 50; });
  reference.invalidate({0, 0, 512, 300});
  const Record r = compare(image, reference);
  EXPECT_EQ(r.number("peak", 0), 49);
  EXPECT_NEAR(r.number("psnr", 0), 20 * std::log10(49), 1e-9);
  EXPECT_TRUE(std::isfinite(r.number("ssim", 0)));
}

TEST(Compare, a_constant_offset_gives_the_known_psnr_rmse_and_ergas) {
  const test::Image reference = test::make_image(40, 30, 2, [](int b, int, int) { return b ? 200 : 100; });
  const test::Image image = test::make_image(40, 30, 2, [](int b, int, int) { return b ? 210 : 105; });
  const Record r = compare(image, reference, {{"peak", 255.0}, {"scale", 2.0}});
  EXPECT_NEAR(at(r, "psnr_by_band", 0), 20 * std::log10(255 / 5.0), 1e-9);
  EXPECT_NEAR(r.number("psnr", 0), 10 * std::log10(255 * 255 / ((25 + 100) / 2.0)), 1e-9);
  EXPECT_NEAR(at(r, "rmse_by_band", 1), 10, 1e-9);
  EXPECT_NEAR(r.number("ergas", 0), 100 / 2.0 * 0.05, 1e-9);
  EXPECT_NEAR(r.number("sam_deg", 1), 0, 1e-6);
}

TEST(Compare, identical_images_are_called_so_with_a_finite_psnr) {
  const test::Image image = test::make_texture(40, 30, 1, 1);
  const Record r = compare(image, image);
  EXPECT_TRUE(std::get<bool>(*r.find("identical")));
  EXPECT_EQ(r.number("psnr", 0), kIdenticalPsnr);
  EXPECT_NEAR(r.number("ssim", 0), 1, 1e-12);
}

TEST(Compare, spectral_angle_is_that_of_the_vectors) {
  const test::Image a = test::make_image(4, 4, 2, [](int b, int, int) { return b ? 0 : 5; });
  const test::Image b = test::make_image(4, 4, 2, [](int, int, int) { return 3; });
  const Record r = compare(a, b);
  EXPECT_NEAR(r.number("sam_deg", 0), 45, 1e-9);
  EXPECT_EQ(r.find("ssim"), nullptr);
}

TEST(Compare, takes_the_peak_from_the_type_or_the_range_of_the_reference) {
  test::Image reference = test::make_image(300, 30, 1, [](int, int x, int) { return 10 + x; });
  const test::Image image = test::make_image(300, 30, 1, [](int, int x, int) { return 11 + x; });
  const Record ranged = compare(image, reference);
  EXPECT_EQ(ranged.number("peak", 0), 299);
  EXPECT_NEAR(ranged.number("psnr", 0), 20 * std::log10(299.0), 1e-9);
  EXPECT_NEAR(ranged.number("ssim", 0), compare(image, reference, {{"peak", 299.0}}).number("ssim", 1), 1e-15);
  reference.info.type = SampleType::u8;
  EXPECT_EQ(compare(image, reference).number("peak", 0), 255);
}

TEST(Compare, looks_at_the_overlap_only_and_crops_it) {
  const test::Image image = test::make_image(60, 50, 1, [](int, int x, int y) { return x + 100 * y; });
  test::Image reference = test::make_image(30, 30, 1, [](int, int x, int y) { return x + 20 + 100 * (y + 10); });
  reference.info.grid = image.info.grid.cropped({20, 10, 30, 30});
  const Record r = compare(image, reference);
  EXPECT_TRUE(std::get<bool>(*r.find("identical")));
  EXPECT_EQ(r.number("pixels", 0), 900);
  EXPECT_EQ(compare(image, reference, {{"crop_px", std::int64_t{4}}}).number("pixels", 0), 22 * 22);
}

TEST(Compare, scores_the_baseline_beside_the_image_on_common_pixels) {
  const test::Image reference = test::make_texture(40, 40, 1, 1);
  test::Image near, far;
  near = test::make_image(40, 40, 1, [&](int, int x, int y) { return reference(0, x, y) + 1; });
  far = test::make_image(40, 40, 1, [&](int, int x, int y) { return reference(0, x, y) + 10; });
  far.invalidate({0, 0, 5, 5});
  const Record r = compare(near, reference, {{"peak", 255.0}}, &far);
  EXPECT_EQ(r.number("pixels", 0), 1600 - 25);
  EXPECT_NEAR(r.number("psnr_gain_db", 0), 20, 1e-4);
}

TEST(Compare, refuses_grids_that_do_not_coincide_and_other_band_counts) {
  const test::Image image = test::make_texture(20, 20, 2, 1);
  test::Image moved = test::make_texture(20, 20, 2, 1);
  moved.info.grid = moved.info.grid.shifted(0.5, 0);
  EXPECT_THROW(compare(image, moved), Error);
  EXPECT_THROW(compare(image, test::make_texture(20, 20, 1, 1)), Error);
  EXPECT_THROW(compare(image, image, {{"crop_px", std::int64_t{10}}}), Error);
  EXPECT_THROW(compare(image, image, {{"crop_px", std::int64_t{-1}}}), std::logic_error);
}

}  // namespace
}  // namespace nadir
