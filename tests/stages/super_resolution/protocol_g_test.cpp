// Protocol G of the literature (IRCNN and successors): Set5, 7x7 Gaussian of sigma 1.6, every third sample, luma.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>

#include "stages/degradation/degradation.h"
#include "stages/super_resolution/super_resolution.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

// An uncompressed 24-bit BMP, cropped to multiples of 3.
test::Image read_bmp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto number = [&](std::size_t at) {
    std::int32_t v = 0;
    std::memcpy(&v, bytes.data() + at, sizeof v);
    return v;
  };
  const int start = number(10), width = number(18), height = number(22);
  const int stride = (3 * width + 3) / 4 * 4;
  test::Image image = test::make_image(width / 3 * 3, height / 3 * 3, 3, [&](int b, int x, int y) {
    return double(std::uint8_t(bytes.at(std::size_t(start + (height - 1 - y) * stride + 3 * x + 2 - b))));
  });
  image.info.type = SampleType::u8;
  return image;
}

double psnr(const test::Image& a, const test::Image& b, int shave) {
  const Window w = grow(a.info.grid.window(), -shave);
  double sum = 0;
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) sum += std::pow(double(a(0, x, y)) - double(b(0, x, y)), 2);
  return 10 * std::log10(255 * 255 * double(w.area()) / sum);
}

// Mean PSNR over Set5 with noise in each of red, green and blue; prints each image and the time.
double set5_psnr(const std::string& folder, const ParamMap& params, double noise = 0) {
  double mean = 0, pixels = 0;
  std::clock_t ticks = 0;
  for (const char* name : {"baby", "bird", "butterfly", "head", "woman"}) {
    const test::Image truth = read_bmp(folder + "/" + name + "_GT.bmp");
    const ParamMap protocol{{"sigma_px", 1.6},           {"radius_px", std::int64_t{3}},
                            {"factor", std::int64_t{3}}, {"phase", std::string("corner")},
                            {"noise_sigma_dn", noise},   {"quantize", true}};
    const test::Image degraded = test::apply(degrade_stage(), protocol, {&truth});
    const test::Image coarse = test::apply(luma_stage(), {{"round", true}}, {&degraded});
    ParamMap all = params;
    all["scale"] = std::int64_t{3};
    const std::clock_t start = std::clock();
    const test::Image fine = test::apply(super_resolve_stage(), all, {&coarse});
    ticks += std::clock() - start;
    const test::Image reference = test::apply(luma_stage(), {{"round", true}}, {&truth});
    EXPECT_EQ(fine.info.grid, reference.info.grid);
    const double value = psnr(fine, reference, 3);
    std::printf("  %-10s %.2f dB\n", name, value);
    mean += value / 5;
    pixels += double(fine.info.grid.window().area());
  }
  std::printf("  mean       %.3f dB, %.2f CPU s per fine megapixel\n", mean,
              double(ticks) / CLOCKS_PER_SEC / (pixels / 1e6));
  return mean;
}

TEST(ProtocolG, fast_restores_set5_better_than_ircnn) {
  NADIR_NEEDS_DATA(folder, "super_resolution/Set5");
  EXPECT_GE(set5_psnr(folder, {}), 33.55);
}

TEST(ProtocolG, balanced_and_best_gain_more) {
  NADIR_NEEDS_DATA(folder, "super_resolution/Set5");
  EXPECT_GE(set5_psnr(folder, {{"quality", std::string("balanced")}}), 33.75);
  EXPECT_GE(set5_psnr(folder, {{"quality", std::string("best")}}), 33.81);
}

TEST(ProtocolG, the_learned_prior_gains_on_images_that_it_never_saw) {
  NADIR_NEEDS_DATA(folder, "super_resolution/Set5");
  EXPECT_GE(set5_psnr(folder, {}), set5_psnr(folder, {{"learned_prior", false}}) + 0.02);
}

TEST(ProtocolG, with_noise_of_5_fast_gains_nearly_3_dB_over_bicubic) {
  NADIR_NEEDS_DATA(folder, "super_resolution/Set5");
  const double bicubic = set5_psnr(folder, {{"method", std::string("bicubic")}}, 5);
  EXPECT_GE(set5_psnr(folder, {}, 5), bicubic + 2.8);
}

TEST(ProtocolG, bicubic_with_the_right_phase_stays_where_the_literature_has_it) {
  NADIR_NEEDS_DATA(folder, "super_resolution/Set5");
  const double bicubic = set5_psnr(folder, {{"method", std::string("bicubic")}});
  EXPECT_NEAR(bicubic, 27.5, 1.5);
}

}  // namespace
}  // namespace nadir
