#include "stages/super_resolution/residual_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "stages/super_resolution/convolution.h"

namespace nadir {
namespace {

// Edges, waves and grain, in eighths.
float texture(int x, int y) {
  return float(std::round(8 * (120 + 50 * std::sin(0.35 * x + 0.2 * y) + ((x / 7 + y / 5) % 2 ? 25 : -25) +
                               5 * std::sin(7.7 * x * y))) /
               8);
}

struct Scene {
  int scale = 3;
  double centre = 1;  ///< fine pixel of sample 0
  Size size;          ///< fine pixels
  float gain = 1, offset = 0;
  int left = 0, top = 0;  ///< samples cut off
  int orientations = 1;
};

// The correction of what is left of a texture after a loss of detail.
std::vector<float> correction(const Scene& s, Simd simd = widest_simd()) {
  const int w = s.size.width - s.left * s.scale, h = s.size.height - s.top * s.scale;
  const Size coarse{ceil_div(w, s.scale), ceil_div(h, s.scale)};
  Tile y(whole(coarse), 1), x(whole({w, h}), 1);
  const auto fine = [&](int u, int v) { return texture(u + s.left * s.scale, v + s.top * s.scale); };
  for (int v = 0; v < h; ++v)
    for (int u = 0; u < w; ++u)
      x.view()(0, u, v) =
          s.gain * (0.75f * fine(u, v) + 0.25f * fine(u / s.scale * s.scale, v / s.scale * s.scale)) + s.offset;
  for (int v = 0; v < coarse.height; ++v)
    for (int u = 0; u < coarse.width; ++u) y.view()(0, u, v) = s.gain * fine(u * s.scale, v * s.scale) + s.offset;
  std::vector<float> out(std::size_t(w) * std::size_t(h), NAN);
  network_correction(Exec(), simd, y.view(), 0, x.view(), s.scale, s.centre, s.orientations, out.data());
  return out;
}

TEST(Convolution, is_the_sum_over_inputs_and_taps) {
  constexpr int kInputs = 5, kOutputs = 5;
  std::vector<std::int8_t> weights;
  for (int i = 0; i < kInputs * kOutputs * ConvolutionLayer::kTaps; ++i)
    weights.push_back(std::int8_t(i * 37 % 255 - 127));
  std::vector<float> scales;
  for (int o = 0; o < kOutputs; ++o) scales.push_back(0.001f * float(o + 1));
  const ConvolutionLayer layer(kInputs, kOutputs, weights.data(), scales.data(), 0.1f);
  for (const int columns : {1, 41, 64, 130}) {
    std::vector<ChannelRow> rows(3, ChannelRow(kInputs, columns));
    const auto value = [](int channel, int x, int j) {
      return std::int16_t(300 * texture(x + 50 * channel, j) - 32000);
    };
    for (int j = 0; j < 3; ++j) {
      for (int c = 0; c < kInputs; ++c)
        for (int x = 0; x < columns; ++x) rows[std::size_t(j)].set_value(c, x, value(c, x, j));
      rows[std::size_t(j)].repeat_ends();
    }
    const ChannelRow* around[3] = {&rows[0], &rows[1], &rows[2]};
    for (int level = 0; level <= int(widest_simd()); ++level) {
      ChannelRow out(kOutputs, columns);
      layer.apply(Simd(level), around, out);
      for (int o = 0; o < kOutputs; ++o)
        for (int x = 0; x < columns; ++x) {
          std::int64_t sum = 0;
          for (int i = 0; i < kInputs; ++i)
            for (int tap = 0; tap < ConvolutionLayer::kTaps; ++tap)
              sum += weights[std::size_t((o * kInputs + i) * ConvolutionLayer::kTaps + tap)] *
                     value(i, std::clamp(x + tap % 3 - 1, 0, columns - 1), tap / 3);
          double exact = 0.001 * (o + 1) * double(sum);
          if (exact < 0) exact *= 0.1;
          const double limit = kLargestChannelValue;
          ASSERT_NEAR(out.value(o, x), std::clamp(exact, -limit, limit), 0.51)
              << "level " << level << ", " << o << ", " << x;
        }
    }
  }
}

TEST(Convolution, values_are_rounded_half_to_even_and_limited) {
  EXPECT_EQ(to_channel_value(2.5f), 2);
  EXPECT_EQ(to_channel_value(-3.5f), -4);
  EXPECT_EQ(to_channel_value(-0.4f), 0);
  EXPECT_EQ(to_channel_value(1e9f), kLargestChannelValue);
  EXPECT_EQ(to_channel_value(-1e9f), -kLargestChannelValue);
}

TEST(ResidualNetwork, every_instruction_set_gives_the_same_bits) {
  for (const int scale : {3, 4})
    for (const Size size : {Size{scale, scale}, Size{36, 4 * scale}, Size{216, 300}}) {
      const Scene scene{.scale = scale, .size = size, .orientations = 8};
      const auto expected = correction(scene, Simd::portable);
      for (int level = 1; level <= int(widest_simd()); ++level)
        EXPECT_EQ(correction(scene, Simd(level)), expected) << level;
    }
}

TEST(ResidualNetwork, does_not_depend_on_the_images_radiometry) {
  const Size size{60, 48};
  const auto plain = correction({.size = size});
  const auto doubled = correction({.size = size, .gain = 2});
  const auto raised = correction({.size = size, .offset = 300});
  double power = 0, error = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(raised[i], plain[i]) << i;
    power += std::pow(double(doubled[i]), 2);
    error += std::pow(double(doubled[i]) - 2 * double(plain[i]), 2);
  }
  EXPECT_GT(std::sqrt(power / double(plain.size())), 0.5);  // it does something
  EXPECT_LT(std::sqrt(error / power), 0.05);                // what layers pass on is rounded
}

TEST(ResidualNetwork, leaves_constants_alone) {
  for (const float level : {0.0f, 200.0f, 1e4f})
    for (const float c : correction({.size = {42, 30}, .gain = 0, .offset = level})) ASSERT_EQ(c, 0);
}

// The image in one of the eight orientations: rows and columns changed, then rows and columns mirrored.
std::vector<float> reoriented(const std::vector<float>& image, int edge, bool transposed, bool down, bool right) {
  std::vector<float> out;
  for (int v = 0; v < edge; ++v)
    for (int u = 0; u < edge; ++u) {
      const int y = down ? edge - 1 - v : v, x = right ? edge - 1 - u : u;
      out.push_back(image[std::size_t(transposed ? x * edge + y : y * edge + x)]);
    }
  return out;
}

// The mean over all orientations follows the image, however it is turned; that of one does not.
TEST(ResidualNetwork, the_mean_of_its_orientations_turns_with_the_image) {
  for (const int scale : {3, 4}) {
    const int cells = 12, edge = cells * scale;
    std::vector<float> fine, samples;
    for (int v = 0; v < edge; ++v)
      for (int u = 0; u < edge; ++u) fine.push_back(texture(u, v));
    for (int v = 0; v < cells; ++v)
      for (int u = 0; u < cells; ++u) samples.push_back(texture(scale * u + 1, scale * v + 1));
    const auto correct = [&](const std::vector<float>& x, const std::vector<float>& y, int orientations) {
      Tile fine_tile({0, 0, edge, edge}, 1), samples_tile({0, 0, cells, cells}, 1);
      for (int i = 0; i < edge * edge; ++i) fine_tile.view()(0, i % edge, i / edge) = x[std::size_t(i)];
      for (int i = 0; i < cells * cells; ++i) samples_tile.view()(0, i % cells, i / cells) = y[std::size_t(i)];
      std::vector<float> out(x.size());
      network_correction(Exec(), widest_simd(), samples_tile.view(), 0, fine_tile.view(), scale, 0.5 * (scale - 1),
                         orientations, out.data());
      return out;
    };
    const auto mean = correct(fine, samples, 8);
    for (const bool transposed : {false, true})
      for (const bool down : {false, true})
        for (const bool right : {false, true}) {
          const auto x = reoriented(fine, edge, transposed, down, right);
          const auto y = reoriented(samples, cells, transposed, down, right);
          EXPECT_EQ(correct(x, y, 8), reoriented(mean, edge, transposed, down, right)) << transposed << down << right;
        }
    // Two are half a turn apart, four a quarter.
    const auto half_turned = [&](const std::vector<float>& v, int n) { return reoriented(v, n, false, true, true); };
    const auto quarter_turned = [&](const std::vector<float>& v, int n) { return reoriented(v, n, true, false, true); };
    EXPECT_EQ(correct(half_turned(fine, edge), half_turned(samples, cells), 2),
              half_turned(correct(fine, samples, 2), edge));
    EXPECT_EQ(correct(quarter_turned(fine, edge), quarter_turned(samples, cells), 4),
              quarter_turned(correct(fine, samples, 4), edge));
    EXPECT_NE(correct(half_turned(fine, edge), half_turned(samples, cells), 1),
              half_turned(correct(fine, samples, 1), edge));
  }
}

// What begins at another sample gives what the whole gives, except near its edges, wherever samples lie in their cells.
TEST(ResidualNetwork, sees_no_farther_than_its_reach) {
  for (const int scale : {3, 4})
    for (const double centre : {0.0, 1.5, -4.0, 5.0}) {
      const Scene everything{.scale = scale, .centre = centre, .size = {30 * scale, 29 * scale}, .orientations = 4};
      Scene some = everything;
      some.left = 5;
      some.top = 3;
      const auto expected = correction(everything), found = correction(some);
      const int w = some.size.width - some.left * scale, h = some.size.height - some.top * scale;
      // Beyond the reach of cells and of samples that lie elsewhere.
      const int reach = network_reach(scale) + 6;
      for (int y = reach; y < h; ++y)
        for (int x = reach; x < w; ++x)
          ASSERT_EQ(found[std::size_t(y * w + x)],
                    expected[std::size_t((y + some.top * scale) * some.size.width + x + some.left * scale)])
              << x << "," << y;
    }
}

}  // namespace
}  // namespace nadir
