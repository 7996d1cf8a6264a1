#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Whole = std::int64_t;

// Dead leaves: opaque disks on top of each other, as many of each size as there are in scenes that are alike at all
// scales (density of radii r^-3; Lee, Mumford, Huang, International Journal of Computer Vision 41, 2001), each pixel
// the mean of 3 x 3 points.
test::Image dead_leaves(int width, int height, unsigned seed) {
  constexpr int kPoints = 3;
  const int w = width * kPoints, h = height * kPoints;
  std::vector<float> points(std::size_t(w) * std::size_t(h), -1.0f);
  std::mt19937 random(seed);
  const auto uniform = [&random] { return double(random()) / 4294967296.0; };
  std::size_t open = points.size();
  for (int leaf = 0; leaf < 3000000 && open > 0; ++leaf) {  // from the top down: only what is not covered yet
    constexpr double kLeast = 0.7, kMost = 300;
    const double u = uniform();
    const double r = 1 / std::sqrt((1 - u) / (kLeast * kLeast) + u / (kMost * kMost));
    const double cx = (uniform() * 1.4 - 0.2) * w, cy = (uniform() * 1.4 - 0.2) * h;
    const float grey = float(30 + 195 * uniform());
    for (int y = std::max(0, int(cy - r)); y <= std::min(h - 1, int(cy + r)); ++y) {
      const double half = std::sqrt(std::max(0.0, r * r - (y - cy) * (y - cy)));
      for (int x = std::max(0, int(std::ceil(cx - half))); x <= std::min(w - 1, int(cx + half)); ++x)
        if (float& p = points[std::size_t(y) * std::size_t(w) + std::size_t(x)]; p < 0) p = grey, --open;
    }
  }
  return test::make_image(width, height, 1, [&](int, int x, int y) {
    double sum = 0;
    for (int v = 0; v < kPoints; ++v)
      for (int u = 0; u < kPoints; ++u)
        sum +=
            std::max(0.0, double(points[std::size_t(y * kPoints + v) * std::size_t(w) + std::size_t(x * kPoints + u)]));
    return sum / (kPoints * kPoints);
  });
}

const test::Image& scene() {
  static const test::Image image = dead_leaves(640, 512, 1);
  return image;
}

test::Image observed(double sigma_px, double noise = 1) {
  return test::apply(degrade_stage(), {{"sigma_px", 2 * sigma_px}, {"factor", Whole{2}}, {"noise_sigma_dn", noise}},
                     {&scene()});
}

Record psf_of(const test::Image& image, const ParamMap& params = {}) {
  return std::get<Record>(test::estimate(estimate_psf_stage(), params, {&image}));
}

bool reliable(const Record& psf) { return std::get<bool>(*psf.find("reliable")); }

TEST(EstimatePsf, finds_the_width_within_an_eighth) {
  for (const double sigma : {0.6, 0.8, 1.0, 1.3}) {
    const Record psf = psf_of(observed(sigma));
    ASSERT_TRUE(reliable(psf)) << sigma;
    EXPECT_NEAR(psf.number("sigma_px", 0), sigma, sigma / 8);
    EXPECT_GT(psf.number("standard_error_px", -1), 0);
    const double found = psf.number("sigma_px", 0);
    EXPECT_NEAR(psf.number("mtf_nyquist", 0), std::exp(-2 * std::pow(M_PI * found / 2, 2)), 1e-12);
    RecordProperty("at_" + std::to_string(sigma), std::to_string(found));
  }
}

TEST(EstimatePsf, finds_it_under_noise) { EXPECT_NEAR(psf_of(observed(0.7, 8)).number("sigma_px", 0), 0.7, 0.1); }

TEST(EstimatePsf, depends_on_no_unit) {
  const test::Image grey = observed(0.7);
  const test::Image other = test::make_image(grey.info.grid.width, grey.info.grid.height, 1,
                                             [&](int, int x, int y) { return 0.125 + double(grey(0, x, y)) / 1024; });
  EXPECT_NEAR(psf_of(other).number("sigma_px", 0), psf_of(grey).number("sigma_px", 1), 1e-3);
}

TEST(EstimatePsf, sees_nothing_of_invalid_pixels) {
  const auto with_hole = [](float under) {
    test::Image image = observed(0.7);
    image.invalidate({100, 60, 40, 40});
    for (int y = 60; y < 100; ++y)
      for (int x = 100; x < 140; ++x) image.tile.view()(0, x, y) = under;
    return psf_of(image);
  };
  const double sigma = with_hole(0).number("sigma_px", 0);
  EXPECT_NEAR(sigma, 0.7, 0.09);
  EXPECT_EQ(sigma, with_hole(std::nanf("")).number("sigma_px", 1));
  EXPECT_EQ(sigma, with_hole(1e30f).number("sigma_px", 1));
}

TEST(EstimatePsf, takes_the_lower_median_of_the_bands) {
  const test::Image sharp = observed(0.5), soft = observed(0.9);
  const test::Image both = test::make_image(sharp.info.grid.width, sharp.info.grid.height, 2, [&](int b, int x, int y) {
    return double((b == 0 ? soft : sharp)(0, x, y));
  });
  const Record psf = psf_of(both);
  EXPECT_EQ(psf.number("sigma_px", 0), psf_of(sharp).number("sigma_px", 1));
  EXPECT_EQ(std::get<std::vector<double>>(*psf.find("band_sigma_px"))[0], psf_of(soft).number("sigma_px", 1));
}

TEST(EstimatePsf, says_so_where_nothing_can_be_known) {
  const test::Image flat = test::make_image(200, 200, 1, [](int, int, int) { return 7; });
  const test::Image tiny = test::make_texture(20, 300, 1, 1);
  const test::Image blurred = test::apply(blur_stage(), {{"sigma_px", 5.0}}, {&scene()});
  test::Image nothing = test::make_texture(100, 100, 1, 1);
  nothing.invalidate({0, 0, 100, 100});
  for (const test::Image* image : std::initializer_list<const test::Image*>{&flat, &tiny, &blurred, &nothing}) {
    const Record psf = psf_of(*image);
    EXPECT_FALSE(reliable(psf));
    EXPECT_EQ(psf.find("sigma_px"), nullptr);
    ASSERT_NE(psf.find("warning"), nullptr);
  }
}

TEST(EstimatePsf, is_not_reliable_beyond_its_limits) {
  const test::Image image = observed(0.7);
  EXPECT_FALSE(reliable(psf_of(image, {{"max_error_px", 0.001}})));
  EXPECT_FALSE(reliable(psf_of(image, {{"max_misfit", 0.001}})));
}

TEST(EstimatePsf, windows_end_within_the_scene) {
  const StageInfo info = estimate_psf_stage();
  const ImageInfo image = test::make_texture(600, 530, 1, 1).info;
  const ParamMap params{};
  StageContext context;
  context.params = &params;
  context.images = {image};
  const auto stage = info.as<EstimateFactory>()->make(context);
  ASSERT_EQ(stage->blocks().size(), 4u);
  EXPECT_EQ(stage->needs(0, stage->blocks()[0]), (Window{0, 0, 544, 530}));
}

}  // namespace
}  // namespace nadir
