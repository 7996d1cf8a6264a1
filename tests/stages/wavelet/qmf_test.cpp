#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "stages/wavelet/subbands.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::vector<std::string> kFilters{"haar", "haar_mean", "db2", "db4", "sym5", "coif1", "cdf53", "cdf97"};

ParamMap params(const std::string& filter, int levels) {
  return {{"filter", filter}, {"levels", std::int64_t{levels}}};
}

test::Image decompose(const test::Image& image, const std::string& filter, int levels) {
  return test::apply(qmf_decompose_stage(), params(filter, levels), {&image});
}

test::Image reconstruct(const test::Image& subbands) { return test::apply(qmf_reconstruct_stage(), {}, {&subbands}); }

SubbandLayout layout_of(const test::Image& subbands) { return SubbandLayout::read_from(subbands.info).value(); }

TEST(Qmf, reconstructs_an_image_of_any_size_with_every_filter) {
  for (const Size size : {Size{1, 1}, Size{3, 8}, Size{17, 5}, Size{64, 64}, Size{53, 41}})
    for (const std::string& filter : kFilters)
      for (int levels = 1; levels <= 4; ++levels) {
        const test::Image image = test::make_texture(size.width, size.height, 1, 3);
        const test::Image back = reconstruct(decompose(image, filter, levels));
        ASSERT_EQ(back.info.grid, image.info.grid);
        EXPECT_LE(test::max_difference(image, back), 255 * 1e-6)
            << filter << ", " << levels << " levels, " << size.width << "x" << size.height;
      }
}

// The largest error of there and back, as a part of the range.
double round_trip(const test::Image& image, const std::string& filter, int levels, const std::string& border) {
  const test::Image packed = test::apply(
      qmf_decompose_stage(), {{"filter", filter}, {"levels", std::int64_t{levels}}, {"border", border}}, {&image});
  return test::max_difference(image, reconstruct(packed)) / 255;
}

TEST(Qmf, every_bank_reconstructs_with_every_border) {
  for (const std::string& filter : filter_names()) {
    // Two passes of a bank, along x and y, ripple twice; the largest published ripple is 0.07 dB.
    const double bound = filter.starts_with("johnston") ? 2 * 0.02 : 1e-6;
    for (const std::string border : {"symmetric", "periodic", "reflect", "zero"})
      for (const Size size : {Size{1, 1}, Size{2, 3}, Size{37, 26}})
        EXPECT_LE(round_trip(test::make_texture(size.width, size.height, 1, 3), filter, 2, border), bound)
            << filter << ", " << border << ", " << size.width << "x" << size.height;
  }
}

TEST(Qmf, borders_give_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 1, 3);
  image.invalidate({20, 5, 9, 9});
  for (const std::string border : {"periodic", "reflect", "zero"}) {
    const std::string filter = "db4";
    const auto stage = test::make_tile_stage(
        qmf_decompose_stage(), {{"filter", filter}, {"levels", std::int64_t{2}}, {"border", border}}, {&image});
    test::expect_identical(test::run_whole(*stage, {&image}), test::run_in_tiles(*stage, {&image}, 4));
  }
}

TEST(Qmf, six_levels_stay_within_a_millionth_of_the_range) {
  const test::Image image = test::make_texture(200, 131, 2, 4);
  for (const std::string& filter : kFilters)
    EXPECT_LE(test::max_difference(image, reconstruct(decompose(image, filter, 6))), 255 * 1e-6) << filter;
}

// Levels beyond those of one decomposition: the approximation is decomposed again.
struct Continued {
  test::Image first;
  test::Image approximation;
  test::Image second;

  Continued(const test::Image& image, const std::string& filter, int levels, int more)
      : first(decompose(image, filter, levels)),
        approximation(test::apply(qmf_subband_stage(), {{"subband", "ll"}}, {&first})),
        second(decompose(approximation, filter, more)) {}
};

TEST(Qmf, the_approximation_can_be_decomposed_again_and_put_back) {
  for (const std::string& filter : kFilters)
    for (const Size size : {Size{3, 8}, Size{75, 50}}) {
      const test::Image image = test::make_texture(size.width, size.height, 2, 3);
      const Continued deep(image, filter, 2, 3);
      const test::Image approximation = reconstruct(deep.second);
      const test::Image back = test::apply(qmf_reconstruct_stage(), {}, {&deep.first, nullptr, &approximation});
      EXPECT_LE(test::max_difference(image, back), 255 * 1e-6) << filter;
    }
}

TEST(Qmf, an_approximation_that_was_put_back_counts) {
  const test::Image image = test::make_texture(64, 32, 1, 3);
  test::Image subbands = decompose(image, "haar", 3);
  test::Image approximation = test::apply(qmf_subband_stage(), {{"subband", "ll"}}, {&subbands});
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) approximation.tile.view()(0, x, y) += 8;  // the gain of three orthonormal levels
  approximation.invalidate({5, 1, 1, 1});
  const auto stage = test::make_tile_stage(qmf_reconstruct_stage(), {}, {&subbands, nullptr, &approximation});
  const test::Image back = test::run_whole(*stage, {&subbands, nullptr, &approximation});
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 64; ++x)
      ASSERT_NEAR(back(0, x, y), image(0, x, y) + (x / 8 == 5 && y / 8 == 1 ? 0 : 1), 1e-4) << x << ", " << y;
  test::expect_identical(back, test::run_in_tiles(*stage, {&subbands, nullptr, &approximation}, 8));
}

TEST(Qmf, decomposing_again_gives_the_coefficients_of_more_levels) {
  const test::Image image = test::make_texture(96, 64, 1, 3);
  const Continued deep(image, "haar", 2, 3);
  const test::Image whole = decompose(image, "haar", 5);
  const SubbandLayout once = layout_of(whole);
  const SubbandLayout again = layout_of(deep.second);
  for (int level = 3; level <= 5; ++level)
    for (const Orientation o : {Orientation::lh, Orientation::hl, Orientation::hh})
      for (int y = 0; y < 64 >> level; ++y)
        for (int x = 0; x < 96 >> level; ++x)
          ASSERT_EQ(once.at(whole.tile.view(), 0, level, o, x, y),
                    again.at(deep.second.tile.view(), 0, level - 2, o, x, y));
}

TEST(Qmf, haar_mean_gives_exactly_the_means_and_half_differences) {
  const test::Image image = test::make_image(8, 8, 1, [](int, int x, int y) { return (7 * x + 13 * y * y) % 32; });
  const test::Image packed = decompose(image, "haar_mean", 2);
  const SubbandLayout layout = layout_of(packed);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x) {
      float sum = 0;
      for (int v = 0; v < 4; ++v)
        for (int u = 0; u < 4; ++u) sum += image(0, 4 * x + u, 4 * y + v);
      EXPECT_EQ(packed(0, x, y), sum / 16);
    }
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x) {
      const float a = image(0, 2 * x, 2 * y), b = image(0, 2 * x + 1, 2 * y);
      const float c = image(0, 2 * x, 2 * y + 1), d = image(0, 2 * x + 1, 2 * y + 1);
      const auto at = [&](Orientation o) { return layout.at(packed.tile.view(), 0, 1, o, x, y); };
      EXPECT_EQ(at(Orientation::hl), (a - b + c - d) / 4);
      EXPECT_EQ(at(Orientation::lh), (a + b - c - d) / 4);
      EXPECT_EQ(at(Orientation::hh), (a - b - c + d) / 4);
    }
}

// One level by the formulas of wavelet_ops.h, straight from the mirrored scene.
double slow_coefficient(const test::Image& image, const Filter& f, bool high_x, bool high_y, int kx, int ky) {
  const AnalysisChannel& cx = high_x ? f.high : f.low;
  const AnalysisChannel& cy = high_y ? f.high : f.low;
  double sum = 0;
  for (int j = 0; j < cy.length; ++j)
    for (int i = 0; i < cx.length; ++i)
      sum += double(cy.taps[j]) * double(cx.taps[i]) *
             double(image(0, mirror(2 * kx + cx.first + i, image.info.grid.width),
                          mirror(2 * ky + cy.first + j, image.info.grid.height)));
  return sum;
}

TEST(Qmf, coefficients_are_those_of_the_mirrored_scene_also_in_the_margin) {
  const test::Image image = test::make_texture(11, 6, 1, 9);
  for (const FilterName name : {FilterName::haar, FilterName::db2, FilterName::db4}) {
    const Filter f = filter_of(name);
    const test::Image packed = decompose(image, name_of(name), 1);
    const SubbandLayout layout = layout_of(packed);
    for (int y = 0; y < packed.info.grid.height; ++y)
      for (int x = 0; x < packed.info.grid.width; ++x)
        for (int band = 0; band < 4; ++band)
          EXPECT_NEAR(packed(band, x, y),
                      slow_coefficient(image, f, band >= 2, band % 2, x - layout.margin, y - layout.margin), 2e-4);
  }
}

TEST(Qmf, an_orthonormal_bank_keeps_the_energy_of_blocks) {
  const test::Image image = test::make_texture(64, 64, 1, 2);
  const test::Image packed = decompose(image, "haar", 3);
  double before = 0, after = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) before += double(image(0, x, y)) * double(image(0, x, y));
  for (int b = 0; b < 64; ++b)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) after += double(packed(b, x, y)) * double(packed(b, x, y));
  EXPECT_NEAR(after / before, 1, 1e-6);
}

TEST(Qmf, a_hole_in_a_constant_image_leaves_no_trace_in_any_detail) {
  test::Image flat = test::make_image(40, 32, 1, [](int, int, int) { return 0.1; });
  flat.invalidate({9, 6, 5, 3});
  flat.invalidate({38, 0, 2, 2});
  const test::Image packed = decompose(flat, "haar", 2);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 10; ++x) {
      EXPECT_TRUE(packed.valid(x, y));
      EXPECT_NEAR(packed(0, x, y), 0.4, 1e-6);
      for (int b = 1; b < 16; ++b) EXPECT_EQ(packed(b, x, y), 0);
    }
}

TEST(Qmf, a_coarse_pixel_is_valid_when_its_block_has_a_valid_sample_and_holes_do_not_bleed) {
  for (const std::string& filter : kFilters) {
    test::Image image = test::make_texture(40, 32, 2, 6);
    image.invalidate({8, 8, 9, 8});
    image.invalidate({0, 0, 1, 32});
    const test::Image packed = decompose(image, filter, 2);
    const int margin = layout_of(packed).margin;
    EXPECT_FALSE(packed.valid(3 + margin, 2 + margin));
    EXPECT_TRUE(packed.valid(4 + margin, 2 + margin));
    const test::Image back = test::apply(qmf_reconstruct_stage(), {}, {&packed, &image});
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 40; ++x) ASSERT_EQ(back.valid(x, y), image.valid(x, y)) << filter << " " << x << "," << y;
    EXPECT_LE(test::max_difference(image, back), 255 * 1e-6) << filter;
  }
}

TEST(Qmf, without_like_a_pixel_is_valid_where_its_block_is) {
  test::Image image = test::make_texture(16, 16, 1, 6);
  image.invalidate({4, 4, 6, 4});
  const test::Image back = reconstruct(decompose(image, "haar", 2));
  EXPECT_FALSE(back.valid(5, 5));
  EXPECT_TRUE(back.valid(8, 5));
  EXPECT_TRUE(std::isfinite(back(0, 8, 5)));
}

TEST(Qmf, gives_the_same_bits_in_tiles_of_any_size) {
  test::Image image = test::make_texture(53, 41, 2, 3);
  image.invalidate({20, 5, 9, 9});
  image.invalidate({50, 0, 3, 41});
  for (const std::string& filter : kFilters)
    for (const int levels : {1, 3, 6}) {
      const auto forth = test::make_tile_stage(qmf_decompose_stage(), params(filter, levels), {&image});
      const test::Image packed = test::run_whole(*forth, {&image});
      for (const int tile : {1, 3, 16}) {
        if (tile == 1 && levels == 6) continue;  // 441 pixels around each of 200
        test::expect_identical(packed, test::run_in_tiles(*forth, {&image}, tile));
      }
      const auto back = test::make_tile_stage(qmf_reconstruct_stage(), {}, {&packed, &image});
      const test::Image whole = test::run_whole(*back, {&packed, &image});
      for (const int tile : {8, 17, 64})
        test::expect_identical(whole, test::run_in_tiles(*back, {&packed, &image}, tile));
    }
}

TEST(Qmf, footprints_of_haar_are_the_blocks_themselves) {
  const test::Image image = test::make_texture(64, 64, 1, 1);
  const auto forth = test::make_tile_stage(qmf_decompose_stage(), params("haar", 3), {&image});
  EXPECT_EQ(forth->needs(0, 0, {1, 2, 3, 4}), (Window{8, 16, 24, 32}));
  const test::Image packed = test::run_whole(*forth, {&image});
  const auto back = test::make_tile_stage(qmf_reconstruct_stage(), {}, {&packed});
  EXPECT_EQ(back->needs(0, 0, {8, 17, 8, 7}), (Window{1, 2, 1, 1}));
}

TEST(Qmf, footprints_stay_inside_the_packed_image_however_small_the_scene) {
  for (const std::string& filter : kFilters)
    for (int levels = 1; levels <= 6; ++levels)
      for (const int size : {1, 2, 63, 64, 65}) {
        const test::Image image = test::make_texture(size, 3, 1, 1);
        const auto forth = test::make_tile_stage(qmf_decompose_stage(), params(filter, levels), {&image});
        test::Image packed;
        packed.info = forth->outputs()[0];
        const auto back = test::make_tile_stage(qmf_reconstruct_stage(), {}, {&packed});
        EXPECT_TRUE(packed.info.grid.window().contains(back->needs(0, 0, image.info.grid.window())))
            << filter << " " << levels << " " << size;
      }
}

TEST(Qmf, remembers_bands_type_nodata_and_an_awkward_corner_exactly) {
  test::Image image = test::make_texture(21, 13, 2, 1);
  image.info.type = SampleType::u16;
  image.info.nodata = 65535;
  image.info.bands = {{"red", 1e-4, 0.1, "Red"}, {"", 1, 0, ""}};
  image.info.grid.geotransform = {1 / 3.0, 1e-4 / 7, 0, 52.1 / 3, 0, -1e-4 / 7};
  const test::Image packed = decompose(image, "db4", 3);
  EXPECT_EQ(packed.info.type, SampleType::f32);
  EXPECT_EQ(packed.info.bands[0].name, "red ll3");
  EXPECT_EQ(packed.info.bands[4].name, "red lh2 0,0");
  EXPECT_EQ(packed.info.bands[64].name, "band 2 ll3");
  const test::Image back = reconstruct(packed);
  EXPECT_EQ(back.info.grid, image.info.grid);
  EXPECT_EQ(back.info.type, SampleType::u16);
  EXPECT_EQ(back.info.nodata, 65535);
  EXPECT_EQ(back.info.bands[0].name, "red");
  EXPECT_EQ(back.info.bands[0].scale, 1e-4);
  EXPECT_EQ(back.info.bands[0].colour, "Red");
  EXPECT_TRUE(back.info.metadata.empty());
}

TEST(Qmf, refuses_what_cannot_be) {
  const test::Image many = test::make_image(8, 8, 16, [](int, int, int) { return 0; });
  EXPECT_THROW(test::make_tile_stage(qmf_decompose_stage(), params("haar", 6), {&many}), Error);
  const test::Image image = test::make_texture(16, 16, 1, 1);
  EXPECT_THROW(test::make_tile_stage(qmf_decompose_stage(), params("haar", 8), {&image}), std::logic_error);
  EXPECT_THROW(test::make_tile_stage(qmf_reconstruct_stage(), {}, {&image}), Error) << "no subbands";
  const test::Image subbands = decompose(image, "haar", 1);
  EXPECT_THROW(test::make_tile_stage(qmf_reconstruct_stage(), {}, {&subbands, nullptr, &image}), Error)
      << "no approximation";
  test::Image moved = decompose(image, "haar", 2);
  moved.info.grid = moved.info.grid.shifted(1, 0);
  EXPECT_THROW(test::make_tile_stage(qmf_reconstruct_stage(), {}, {&moved}), Error);
  const test::Image packed = decompose(image, "haar", 2);
  const test::Image other = test::make_texture(16, 15, 1, 1);
  EXPECT_THROW(test::make_tile_stage(qmf_reconstruct_stage(), {}, {&packed, &other}), Error);
}

}  // namespace
}  // namespace nadir
