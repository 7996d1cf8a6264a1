// Point spread functions, their convolution and its adjoint.
#include "stages/degradation/psf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/degradation/convolve_cpu.h"
#include "stages/degradation/convolve_kernels.h"
#include "tests/support/operator_laws.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::dot;
using test::mirrored;

const std::string kSharpening = "0 -1 0\n-1 5 -1\n0 -1 0\n";

std::string matrix_file(const std::string& text) {
  const auto path =
      std::filesystem::temp_directory_path() / ("nadir_psf_" + std::to_string(std::hash<std::string>{}(text)));
  std::ofstream(path) << text;
  return path.string();
}

std::vector<Spread> spreads() {
  return {*point_spread({.kind = Psf::disk, .radius_px = 3}).spread,
          *point_spread({.kind = Psf::disk, .sigma_px = 0.4}).spread,
          *point_spread({.kind = Psf::motion, .length_px = 7, .angle_deg = 30}).spread,
          *point_spread({.kind = Psf::measured, .psf_path = matrix_file("0,1,5\n2,8,1\n0,0,3\n")}).spread,
          *point_spread({.kind = Psf::measured, .psf_path = matrix_file(kSharpening)}).spread};
}

Tile random_tile(Size size, unsigned seed) {
  Tile tile(whole(size), 1);
  tile.fill(0, true);
  std::mt19937 generator(seed);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) tile.view()(0, x, y) = float(generator()) / 2147483648.0f - 1;
  return tile;
}

TEST(Psf, a_modulation_at_nyquist_becomes_the_gaussian_that_has_it) {
  const double sigma = sigma_of_mtf(0.24, 2);
  EXPECT_NEAR(std::exp(-2 * M_PI * M_PI * sigma * sigma / 16), 0.24, 1e-12);
  const auto axis = point_spread({.kind = Psf::mtf, .mtf = 0.24, .pitch_px = 2}).axis;
  double transfer = 0;  // at a quarter of a cycle a pixel, Nyquist's frequency of pixels twice as large
  for (std::size_t j = 0; j < axis.size(); ++j)
    transfer += double(axis[j]) * std::cos(M_PI / 2 * (double(j) - double(axis.size() / 2)));
  EXPECT_NEAR(transfer, 0.24, 0.01);
}

TEST(Psf, disks_and_lines_have_their_variance_and_direction) {
  EXPECT_NEAR(point_spread({.kind = Psf::disk, .radius_px = 5}).spread->variance(), 25 / 4.0, 0.15);
  EXPECT_NEAR(point_spread({.kind = Psf::disk, .sigma_px = 2}).spread->variance(), 4, 0.15);
  const Spread line = *point_spread({.kind = Psf::motion, .length_px = 9, .angle_deg = 90}).spread;
  for (const SpreadTap& t : line.taps()) EXPECT_TRUE(t.dx == 0 || t.weight < 1e-6f) << t.dx;
}

TEST(Psf, a_measured_one_is_convolved_not_correlated) {
  const Spread spread = *point_spread({.kind = Psf::measured, .psf_path = matrix_file("0 0 0\n0 0 1\n0 0 0\n")}).spread;
  const Tile image = random_tile({5, 5}, 1);
  Tile out({2, 2, 1, 1}, 1);
  Exec exec;
  convolve(exec, image.view(), out.view(), spread);
  EXPECT_EQ(out.view()(0, 2, 2), image.view()(0, 1, 2)) << "weight to the right moves the image to the right";
}

TEST(Psf, with_negative_lobes_is_described_by_numbers) {
  const PointSpread sharpening = point_spread({.kind = Psf::measured, .psf_path = matrix_file(kSharpening)});
  EXPECT_LT(sharpening.spread->variance(), 0);
  EXPECT_EQ(sharpening.described(), std::vector<float>{1});
}

TEST(Psf, files_that_hold_none_are_refused_in_words) {
  for (const std::string text : {"", "1,2\n3,4\n", "1,2,3\n4,5\n6,7,8\n", "1,a,1\n", "-1\n"})
    EXPECT_THROW(point_spread({.kind = Psf::measured, .psf_path = matrix_file(text)}), Error) << text;
  EXPECT_THROW(point_spread({.kind = Psf::measured}), Error);
  EXPECT_THROW(point_spread({.kind = Psf::measured, .psf_path = "/nowhere/psf.csv"}), Error);
}

TEST(Convolve, takes_the_pixel_itself_where_hardly_any_weight_is_left) {
  for (const std::string text : {"1 0 1\n", "-1 4 -1\n", "1 1 1 1 1\n"}) {
    const Spread spread = *point_spread({.kind = Psf::measured, .psf_path = matrix_file(text)}).spread;
    test::Image image = test::make_image(9, 1, 1, [](int, int x, int) { return 10 + x; });
    image.invalidate({0, 0, 4, 1});
    image.invalidate({5, 0, 4, 1});
    const Window own{4, 0, 1, 1};
    Tile out(own, 1);
    Exec exec;
    convolve(exec, std::as_const(image.tile).view(), out.view(), spread);
    EXPECT_TRUE(out.view().is_valid(4, 0));
    EXPECT_FLOAT_EQ(out.view()(0, 4, 0), 14) << text;
  }
}

TEST(Convolve, its_adjoint_is_the_transpose_of_mirroring_and_convolving) {
  for (const Size size : {Size{1, 1}, Size{3, 8}, Size{2, 1}, Size{17, 5}, Size{23, 31}})
    for (const Spread& spread : spreads()) {
      const Tile x = random_tile(size, 1), y = random_tile(size, 2);
      Tile ax(whole(size), 1), aty(whole(size), 1);
      Exec exec;
      convolve(exec, mirrored(x, spread.needs(whole(size))).view(), ax.view(), spread);
      convolve_adjoint(exec, y.view(), aty.view(), spread, size);
      EXPECT_NEAR(dot(ax, y), dot(x, aty), 10 * 1.2e-7 * (std::sqrt(dot(ax, ax) * dot(y, y)) + 1e-3))
          << size.width << "x" << size.height << ", " << spread.taps().size();
      const Window part = intersect({size.width / 2, 0, 4, 3}, whole(size));
      const Window touched = spread.touching(part, size);
      Tile enough(touched, 1), again(part, 1);
      copy_pixels(y.view(), enough.view(), touched);
      convolve_adjoint(exec, enough.view(), again.view(), spread, size);
      for (int v = part.y; v < part.bottom(); ++v)
        for (int u = part.x; u < part.right(); ++u) EXPECT_EQ(again.view()(0, u, v), aty.view()(0, u, v));
    }
}

TEST(Convolve, gives_the_bits_of_the_functor_whether_all_is_valid_or_not) {
  for (const Spread& spread : spreads())
    for (const bool holes : {false, true}) {
      const Window w{-3, 5, 70, 40};
      const Window need = spread.needs(w);
      test::Image texture = test::make_texture(need.width, need.height, 2, 7);
      if (holes) texture.invalidate({20, 15, 9, 4});
      ConstTileView in = std::as_const(texture.tile).view();
      in.window = need;
      Tile fast(w, 2), plain(w, 2);
      convolve_cpu(Exec(), in, fast.view(), spread);
      for_each_cpu(Exec(), 2, w,
                   Convolve{in, plain.view(), spread.table().data(), int(spread.taps().size()), full_weight(spread)});
      for (int y = w.y; y < w.bottom(); ++y)
        for (int x = w.x; x < w.right(); ++x) {
          ASSERT_EQ(fast.view().is_valid(x, y), plain.view().is_valid(x, y));
          for (int b = 0; b < 2; ++b) {
            const float va = fast.view()(b, x, y), vb = plain.view()(b, x, y);
            ASSERT_EQ(std::memcmp(&va, &vb, sizeof va), 0) << b << ": " << x << "," << y;
          }
        }
    }
}

}  // namespace
}  // namespace nadir
