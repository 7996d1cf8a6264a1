// The stationary transform against the decimated one, there and back, and single subbands.
#include <gtest/gtest.h>

#include <cstring>

#include "pipeline/core/error.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Text = std::string;

ParamMap params(const Text& filter, int levels, const Text& border, const Text& transform) {
  return {{"filter", filter}, {"levels", std::int64_t{levels}}, {"border", border}, {"transform", transform}};
}

test::Image decompose(const test::Image& image, const Text& filter, int levels, const Text& border,
                      const Text& transform) {
  return test::apply(qmf_decompose_stage(), params(filter, levels, border, transform), {&image});
}

test::Image take(const test::Image& subbands, const Text& name, int level) {
  return test::apply(qmf_subband_stage(), {{"subband", name}, {"level", std::int64_t{level}}}, {&subbands});
}

bool same_bits(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// Of valid pixels of subband images, the stationary one being read at every 2^level-th pixel.
void expect_equal_at_blocks(const test::Image& decimated, const test::Image& stationary, int level, const Text& what) {
  const int side = 1 << level;
  const Size size = stationary.info.grid.size();
  for (int b = 0; b < decimated.info.band_count(); ++b)
    for (int y = 0; y * side < size.height; ++y)
      for (int x = 0; x * side < size.width; ++x) {
        if (!stationary.valid(x * side, y * side)) continue;
        const float expected = decimated(b, x, y), found = stationary(b, x * side, y * side);
        ASSERT_TRUE(same_bits(expected, found)) << what << " " << x << "," << y << ": " << expected << ", " << found;
      }
}

TEST(Stationary, has_the_decimated_transform_at_every_block) {
  test::Image image = test::make_texture(53, 38, 2, 3);
  image.invalidate({20, 9, 17, 12});
  const int levels = 3;
  for (const Text filter : {"haar", "haar_mean", "db2", "db5", "sym4", "coif1", "cdf53", "cdf97", "johnston_12a"})
    for (const Text border : {"symmetric", "periodic", "reflect", "zero"}) {
      const test::Image decimated = decompose(image, filter, levels, border, "decimated");
      const test::Image stationary = decompose(image, filter, levels, border, "stationary");
      for (int level = 1; level <= levels; ++level)
        for (const Text name : {"lh", "hl", "hh"})
          expect_equal_at_blocks(take(decimated, name, level), take(stationary, name, level), level,
                                 filter + " " + border + " " + name + std::to_string(level));
      expect_equal_at_blocks(take(decimated, "ll", 1), take(stationary, "ll", 1), levels, filter + " ll");
    }
}

TEST(Stationary, every_bank_reconstructs_with_every_border) {
  for (const Text& filter : filter_names()) {
    const double bound = filter.starts_with("johnston") ? 2 * 0.02 : 1e-6;
    for (const Text border : {"symmetric", "periodic", "reflect", "zero"})
      for (const Size size : {Size{1, 1}, Size{2, 3}, Size{37, 26}}) {
        const test::Image image = test::make_texture(size.width, size.height, 1, 3);
        const test::Image packed = decompose(image, filter, 2, border, "stationary");
        const test::Image back = test::apply(qmf_reconstruct_stage(), {}, {&packed});
        ASSERT_EQ(back.info.grid, image.info.grid);
        EXPECT_LE(test::max_difference(image, back), 255 * bound)
            << filter << ", " << border << ", " << size.width << "x" << size.height;
      }
  }
}

TEST(Stationary, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(61, 47, 2, 5);
  image.invalidate({20, 5, 19, 19});
  for (const Text border : {"symmetric", "periodic"}) {
    const auto forth = test::make_tile_stage(qmf_decompose_stage(), params("db4", 2, border, "stationary"), {&image});
    const test::Image packed = test::run_whole(*forth, {&image});
    test::expect_identical(packed, test::run_in_tiles(*forth, {&image}, 17));
    const auto back = test::make_tile_stage(qmf_reconstruct_stage(), {}, {&packed});
    test::expect_identical(test::run_whole(*back, {&packed}), test::run_in_tiles(*back, {&packed}, 13));
    const auto one = test::make_tile_stage(qmf_subband_stage(), {{"level", std::int64_t{2}}}, {&packed});
    test::expect_identical(test::run_whole(*one, {&packed}), test::run_in_tiles(*one, {&packed}, 9));
  }
}

TEST(Stationary, moves_with_the_scene) {
  const auto pattern = [](int shift) {
    return test::make_image(64, 64, 1, [shift](int, int x, int y) { return ((x + shift) * 37 + y * y * 11) % 101; });
  };
  const test::Image a = take(decompose(pattern(0), "db2", 2, "symmetric", "stationary"), "hl", 2);
  const test::Image b = take(decompose(pattern(3), "db2", 2, "symmetric", "stationary"), "hl", 2);
  for (int y = 16; y < 48; ++y)
    for (int x = 16; x < 44; ++x) ASSERT_TRUE(same_bits(a(0, x + 3, y), b(0, x, y))) << x << "," << y;
}

TEST(Subband, of_a_level_has_its_own_pixels_and_the_name_of_its_band) {
  test::Image image = test::make_texture(50, 30, 1, 3);
  image.info.bands[0].name = "red";
  const test::Image packed = decompose(image, "db2", 3, "symmetric", "decimated");
  const test::Image hh2 = take(packed, "hh", 2);
  EXPECT_EQ(hh2.info.bands[0].name, "red hh2");
  EXPECT_EQ(hh2.info.grid.size(), (Size{13, 8}));
  EXPECT_EQ(hh2.info.grid.geotransform[1], 4 * image.info.grid.geotransform[1]);
  const SubbandLayout layout = SubbandLayout::read_from(packed.info).value();
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 13; ++x) EXPECT_EQ(hh2(0, x, y), layout.at(packed.tile.view(), 0, 2, Orientation::hh, x, y));
  EXPECT_THROW(take(packed, "lh", 4), Error);
  EXPECT_THROW(take(image, "lh", 1), Error);
}

}  // namespace
}  // namespace nadir
