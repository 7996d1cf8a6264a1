#include "stages/super_resolution/residual_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "stages/super_resolution/convolution.h"

namespace nadir {
namespace {

// Edges, waves and grain, and what is left of them after a loss of detail.
float texture(int x, int y) {
  return float(120 + 50 * std::sin(0.35 * x + 0.2 * y) + ((x / 7 + y / 5) % 2 ? 25 : -25) + 5 * std::sin(7.7 * x * y));
}
float blurred(int x, int y) { return float(120 + 40 * std::sin(0.35 * x + 0.2 * y)); }

template <class Value>
Tile make_tile(Size size, Value value) {
  Tile tile(whole(size), 1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) tile.view()(0, x, y) = value(x, y);
  return tile;
}

std::vector<float> correction(const Tile& start, const Tile& x, Origin origin = {}, Simd simd = widest_simd()) {
  const Window w = x.window();
  std::vector<float> out(std::size_t(w.width) * std::size_t(w.height), NAN);
  network_correction(Exec(), simd, start.view(), 0, origin, x.view(), out.data());
  return out;
}

// Of textures that are multiplied and added to.
std::vector<float> correction_of(Size size, float gain, float offset, Simd simd = widest_simd()) {
  return correction(make_tile(size, [&](int x, int y) { return gain * blurred(x, y) + offset; }),
                    make_tile(size, [&](int x, int y) { return gain * texture(x, y) + offset; }), {}, simd);
}

TEST(Convolution, is_the_sum_over_inputs_and_taps) {
  constexpr int kInputs = 3, kOutputs = 8, kColumns = 41;
  std::vector<std::int8_t> weights;
  for (int i = 0; i < kInputs * kOutputs * ConvolutionLayer::kTaps; ++i)
    weights.push_back(std::int8_t(i * 37 % 255 - 127));
  std::vector<float> steps;
  for (int o = 0; o < kOutputs; ++o) steps.push_back(0.01f * float(o + 1));
  const ConvolutionLayer layer(kInputs, kOutputs, weights.data(), steps.data());
  std::vector<ChannelRow> rows(3, ChannelRow(kInputs, kColumns));
  for (int j = 0; j < 3; ++j) {
    for (int c = 0; c < kInputs; ++c)
      for (int x = 0; x < kColumns; ++x) rows[std::size_t(j)].channel(c)[x] = texture(x + 50 * c, j);
    rows[std::size_t(j)].repeat_ends();
  }
  const ChannelRow* around[3] = {&rows[0], &rows[1], &rows[2]};
  for (int level = 0; level <= int(widest_simd()); ++level) {
    ChannelRow out(kOutputs, kColumns);
    layer.apply(Simd(level), around, 0.1f, out);
    for (int o = 0; o < kOutputs; ++o)
      for (int x = 0; x < kColumns; ++x) {
        double sum = 0;
        for (int i = 0; i < kInputs; ++i)
          for (int tap = 0; tap < ConvolutionLayer::kTaps; ++tap)
            sum += 0.01 * (o + 1) * weights[std::size_t((o * kInputs + i) * ConvolutionLayer::kTaps + tap)] *
                   double(texture(std::clamp(x + tap % 3 - 1, 0, kColumns - 1) + 50 * i, tap / 3));
        ASSERT_NEAR(out.channel(o)[x], sum > 0 ? sum : 0.1 * sum, 0.1) << "level " << level << ", " << o << ", " << x;
      }
  }
}

TEST(ResidualNetwork, every_instruction_set_gives_the_same_bits) {
  for (const Size size : {Size{1, 1}, Size{37, 5}, Size{70, 230}}) {
    const auto expected = correction_of(size, 1, 0, Simd::portable);
    for (int level = 1; level <= int(widest_simd()); ++level)
      EXPECT_EQ(correction_of(size, 1, 0, Simd(level)), expected) << level;
  }
}

TEST(ResidualNetwork, does_not_depend_on_the_images_radiometry) {
  const Size size{60, 50};
  const auto plain = correction_of(size, 1, 0);
  const auto doubled = correction_of(size, 2, 0);
  const auto raised = correction_of(size, 1, 300);
  double most = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(doubled[i], 2 * plain[i]) << i;
    ASSERT_NEAR(raised[i], plain[i], 2e-3) << i;
    most = std::max(most, std::abs(double(plain[i])));
  }
  EXPECT_GT(most, 0.5);  // it does something
}

TEST(ResidualNetwork, leaves_constants_alone) {
  const Tile flat = make_tile({40, 30}, [](int, int) { return 200.0f; });
  for (const float c : correction(flat, flat)) ASSERT_NEAR(c, 0, 1e-3);
}

// A block that begins at an odd or even pixel gives what the whole gives, except near its edges.
TEST(ResidualNetwork, is_anchored_to_the_scene_and_sees_no_farther_than_its_reach) {
  const Size size{90, 80};
  const auto everything = correction_of(size, 1, 0);
  for (const Origin origin : {Origin{7, 4}, Origin{10, 13}}) {
    const Size part{size.width - origin.x, size.height - origin.y};
    const auto shifted = [&](auto value) { return [=](int x, int y) { return value(x + origin.x, y + origin.y); }; };
    const auto some = correction(make_tile(part, shifted(blurred)), make_tile(part, shifted(texture)), origin);
    for (int y = network_reach(); y < part.height; ++y)
      for (int x = network_reach(); x < part.width; ++x)
        ASSERT_EQ(some[std::size_t(y * part.width + x)],
                  everything[std::size_t((y + origin.y) * size.width + x + origin.x)])
            << x << "," << y;
  }
}

}  // namespace
}  // namespace nadir
