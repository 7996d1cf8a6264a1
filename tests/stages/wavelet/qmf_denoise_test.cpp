#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "stages/wavelet/wavelet.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::vector<std::string> kMethods{"soft", "hard", "bayes_shrink", "sure_shrink"};

test::Image clean(int width, int height) {
  return test::make_image(width, height, 2, [](int b, int x, int y) {
    const double edge = std::sin(0.05 * x + 0.03 * y + b) > 0.2 ? 40 : -40;
    return 120 + edge + 30 * std::sin(0.02 * x) * std::cos(0.03 * y);
  });
}

test::Image noisy(const test::Image& image, double sigma) {
  return test::apply(noise_stage(), {{"sigma_dn", sigma}, {"seed", std::int64_t{3}}}, {&image});
}

double rms(const test::Image& a, const test::Image& b) {
  const Window w = a.info.grid.window();
  double sum = 0;
  for (int band = 0; band < a.tile.bands(); ++band)
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x) sum += std::pow(double(a(band, x, y)) - double(b(band, x, y)), 2);
  return std::sqrt(sum / double(w.area() * a.tile.bands()));
}

TEST(QmfDenoise, takes_at_least_half_of_the_noise_from_edges_and_slopes_by_every_method) {
  const test::Image truth = clean(256, 200);
  const test::Image with_noise = noisy(truth, 10);
  for (const std::string& method : kMethods) {
    const test::Image out = test::apply(qmf_denoise_stage(), {{"method", method}, {"noise_dn", 10.0}}, {&with_noise});
    EXPECT_LE(rms(out, truth), method == "soft" ? 7.5 : 5.5) << method;
  }
}

TEST(QmfDenoise, without_noise_gives_the_image_back) {
  const test::Image truth = clean(61, 47);
  for (const std::string& method : kMethods) {
    const test::Image out = test::apply(qmf_denoise_stage(), {{"method", method}, {"noise_dn", 0.0}}, {&truth});
    EXPECT_LE(test::max_difference(out, truth), 255e-6) << method;
  }
}

TEST(QmfDenoise, takes_the_noise_of_each_band_from_statistics) {
  const test::Image with_noise = noisy(clean(128, 96), 10);
  const Value statistics = Record{{"sigma", std::vector<double>{10, 10}}};
  const test::Image by_value = test::apply(qmf_denoise_stage(), {{"noise_dn", 10.0}}, {&with_noise});
  const test::Image by_port = test::apply(qmf_denoise_stage(), {}, {&with_noise, nullptr}, {Value{}, statistics});
  test::expect_identical(by_value, by_port);
}

TEST(QmfDenoise, refuses_statistics_that_do_not_tell_the_noise_of_every_band) {
  const test::Image image = clean(64, 48);
  const auto make = [&](const Record& statistics, double noise_dn) {
    test::make_tile_stage(qmf_denoise_stage(), {{"noise_dn", noise_dn}}, {&image, nullptr}, {Value{}, statistics});
  };
  const Record none{{"mean", std::vector<double>{1, 2}}}, few{{"sigma", std::vector<double>{10}}},
      scalar{{"sigma", 10.0}};
  for (const Record& statistics : {none, few, scalar}) {
    EXPECT_THROW(make(statistics, -1), Error);
    EXPECT_NO_THROW(make(statistics, 10));
  }
}

TEST(QmfDenoise, gives_the_same_bits_in_tiles_and_lets_no_hole_bleed) {
  test::Image image = noisy(clean(150, 140), 10);
  image.invalidate({40, 30, 20, 9});
  for (const std::string& method : kMethods) {
    const std::string filter = "db4";
    const auto stage = test::make_tile_stage(qmf_denoise_stage(),
                                             {{"method", method}, {"filter", filter}, {"noise_dn", 10.0}}, {&image});
    const test::Image whole = test::run_whole(*stage, {&image});
    for (const int tile : {37, 64}) test::expect_identical(whole, test::run_in_tiles(*stage, {&image}, tile));
    for (int y = 0; y < 140; ++y)
      for (int x = 0; x < 150; ++x) ASSERT_EQ(whole.valid(x, y), image.valid(x, y)) << x << "," << y;
  }
  test::Image flat = test::make_image(64, 64, 1, [](int, int, int) { return 7; });
  flat.invalidate({20, 20, 9, 9});
  const test::Image out = test::apply(qmf_denoise_stage(), {{"noise_dn", 1.0}}, {&flat});
  EXPECT_LE(test::max_difference(flat, out), 1e-5);
}

}  // namespace
}  // namespace nadir
