#include "stages/degradation/degradation_ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipeline/core/error.h"
#include "tests/support/operator_laws.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::dot;

TEST(Observe, a_single_tap_of_one_copies_every_factor_th_sample) {
  const test::Image fine = test::make_image(9, 6, 2, [](int b, int x, int y) { return 100 * b + 10 * y + x; });
  Tile coarse({0, 0, 3, 2}, 2);
  Exec exec;
  observe(exec, fine.tile.view(), coarse.view(), axis_taps({3, 1, {1.0f}, 0}));
  EXPECT_EQ(coarse.view()(1, 2, 1), fine(1, 7, 4));
  EXPECT_TRUE(coarse.view().is_valid(2, 1));
}

// Fills a tile with numbers in [-1, 1) that differ from pixel to pixel without any pattern that taps could cancel.
Tile random_tile(Size size, unsigned seed) {
  Tile tile(whole(size), 1);
  tile.fill(0, true);
  std::mt19937 generator(seed);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) tile.view()(0, x, y) = float(generator()) / 2147483648.0f - 1;
  return tile;
}

Tile mirrored(const Tile& image, const Window& window) {
  const Size size{image.window().width, image.window().height};
  Tile tile(unite(window, image.window()), 1);
  copy_pixels(image.view(), tile.view(), image.window());
  mirror_edges(tile.view(), size);
  Tile part(window, 1);
  copy_pixels(tile.view(), part.view(), window);
  return part;
}

void expect_adjoint(const Observation& operation, Size size) {
  const AxisTaps taps = axis_taps(operation);
  const Size coarse_size{ceil_div(size.width, taps.factor), ceil_div(size.height, taps.factor)};
  const Tile x = random_tile(size, 1);
  const Tile y = random_tile(coarse_size, 2);
  Tile ax(whole(coarse_size), 1);
  Tile aty(whole(size), 1);
  Exec exec;
  observe(exec, mirrored(x, fine_window(taps, ax.window())).view(), ax.view(), taps);
  observe_adjoint(exec, y.view(), aty.view(), taps, size, coarse_size);
  const double growth = std::sqrt(dot(ax, ax) * dot(y, y)) + 1e-3;
  EXPECT_NEAR(dot(ax, y), dot(x, aty), 10 * 1.2e-7 * growth)
      << size.width << "x" << size.height << ", factor " << taps.factor << ", first " << taps.first << ", "
      << taps.count << " taps";
}

const std::vector<std::vector<float>> kBlurs{
    {1}, box_taps(1), gaussian_taps(1.6, 3), gaussian_taps(0.7, 0), {0.5f, 0.3f, 0.2f}, gaussian_taps(6, 0)};

TEST(ObserveAdjoint, is_the_transpose_of_mirroring_and_observing_for_any_size_factor_and_phase) {
  for (const Size size : {Size{1, 1}, Size{3, 8}, Size{2, 1}, Size{17, 5}, Size{23, 31}})
    for (int factor = 1; factor <= 4; ++factor)
      for (const auto& blur : kBlurs) {
        expect_adjoint(observation(blur, factor, Phase::corner, Sampling::decimate), size);
        expect_adjoint(observation(blur, factor, Phase::centre, Sampling::decimate), size);
        expect_adjoint(observation(blur, factor, Phase::centre, Sampling::area), size);
      }
}

TEST(ObserveAdjoint, gives_the_same_bits_from_the_touching_samples_alone) {
  const Size size{23, 31};
  const Tile y = random_tile({8, 11}, 3);
  for (const Phase phase : {Phase::corner, Phase::centre}) {
    const AxisTaps taps = axis_taps(observation(gaussian_taps(1.6, 3), 3, phase, Sampling::decimate));
    Tile all(whole(size), 1);
    Exec exec;
    observe_adjoint(exec, y.view(), all.view(), taps, size, {8, 11});
    for (const Window w : {Window{0, 0, 5, 4}, Window{6, 7, 9, 8}, Window{20, 25, 3, 6}, Window{11, 30, 1, 1}}) {
      const Window touched = touching_window(taps, w, size, {8, 11});
      Tile enough(touched, 1);
      copy_pixels(y.view(), enough.view(), touched);
      Tile part(w, 1);
      observe_adjoint(exec, enough.view(), part.view(), taps, size, {8, 11});
      for (int v = w.y; v < w.bottom(); ++v)
        for (int u = w.x; u < w.right(); ++u) EXPECT_EQ(part.view()(0, u, v), all.view()(0, u, v));
    }
  }
}

TEST(Composition, of_blur_and_sampling_is_one_after_the_other) {
  const Observation blur = observation(gaussian_taps(1.2, 2), 1, Phase::centre, Sampling::decimate);
  const Observation half = sampling(2, Phase::centre, Sampling::decimate);
  const Observation both = compose(compose(blur, half), half);
  EXPECT_EQ(both.factor, 4);
  EXPECT_EQ(both.first, -2);
  EXPECT_EQ(both.taps.size(), 8u);
  EXPECT_NEAR(both.taps[3], both.taps[4], 1e-7);
}

TEST(Taps, sum_to_one_and_too_many_are_refused_in_words) {
  for (const auto& taps : {gaussian_taps(0.05, 1), gaussian_taps(20, 63), box_taps(5)}) {
    double sum = 0;
    for (const float t : taps) sum += double(t);
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  EXPECT_THROW(axis_taps({1, -100, std::vector<float>(201, 1 / 201.0f), 0}), Error);
}

}  // namespace
}  // namespace nadir
