#include "stages/wavelet/band_covariance.h"

#include <gtest/gtest.h>

#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Matrix = std::vector<std::vector<double>>;

// By the definition, over every fourth pixel and row.
Matrix slow(const test::Image& image) {
  const int n = image.tile.bands();
  const Window w = image.info.grid.window();
  std::vector<double> mean(std::size_t(n), 0.0);
  double count = 0;
  for (const bool second : {false, true}) {
    Matrix sums(std::size_t(n), std::vector<double>(std::size_t(n), 0.0));
    for (int y = 0; y < w.height; y += 4)
      for (int x = 0; x < w.width; x += 4) {
        if (!image.valid(x, y)) continue;
        if (!second) count += 1;
        for (int i = 0; i < n; ++i) {
          if (!second) mean[std::size_t(i)] += double(image(i, x, y));
          for (int j = 0; j < n && second; ++j)
            sums[std::size_t(i)][std::size_t(j)] += (double(image(i, x, y)) - mean[std::size_t(i)]) *
                                                    (double(image(j, x, y)) - mean[std::size_t(j)]) / count;
        }
      }
    if (second) return sums;
    for (double& m : mean) m /= count;
  }
  return {};
}

TEST(BandCovariance, of_blocks_is_that_of_the_whole) {
  test::Image image = test::make_texture(70, 50, 3, 1);
  image.invalidate({20, 10, 13, 9});
  for (int i = 0; i < 70 * 50; ++i) image.tile.view().samples[i] += 1e4f;
  BandCovariance all;
  for (const Window& block : {Window{0, 0, 33, 30}, {33, 0, 37, 30}, {0, 30, 70, 20}}) {
    Tile part(block, 3);
    copy_pixels(image.tile.view(), part.view(), block);
    all.add(BandCovariance(ConstTileView(part.view())));
  }
  const Matrix found = all.matrix(3), expected = slow(image);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(found[i][j], expected[i][j], 1e-6 * expected[i][i]);
}

TEST(BandCovariance, of_nothing_is_zero) {
  test::Image nothing = test::make_texture(20, 20, 2, 1);
  nothing.invalidate({0, 0, 20, 20});
  EXPECT_EQ(BandCovariance(nothing.tile.view()).matrix(2), (Matrix{{0, 0}, {0, 0}}));
}

}  // namespace
}  // namespace nadir
