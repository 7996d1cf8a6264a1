// Networks from ONNX files, which are written here byte by byte: the format is protocol buffers, fields as in
// onnx.proto.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "pipeline/core/error.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/segmentation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Image;

constexpr int kBands = 3, kClasses = 2, kInput = 24;

std::string varint(std::uint64_t v) {
  std::string s;
  for (; v > 127; v >>= 7) s += char(v | 128);
  return s + char(v);
}
std::string number(int field, std::uint64_t v) { return varint(std::uint64_t(field) << 3) + varint(v); }
std::string text(int field, const std::string& s) {
  return varint(std::uint64_t(field) << 3 | 2) + varint(s.size()) + s;
}

std::string ints(const std::string& name, std::initializer_list<int> values) {
  std::string s = text(1, name) + number(20, 7);
  for (const int v : values) s += number(8, std::uint64_t(v));
  return text(5, s);
}

std::string tensor(const std::string& name, std::initializer_list<int> dims, const std::vector<float>& values) {
  std::string s;
  for (const int d : dims) s += number(1, std::uint64_t(d));
  const std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return text(5, s + number(2, 1) + text(8, name) + text(9, raw));
}

std::string plane(int field, const std::string& name, int channels) {
  std::string shape;
  for (const int d : {1, channels, kInput, kInput}) shape += text(1, number(1, std::uint64_t(d)));
  return text(field, text(1, name) + text(2, text(1, number(1, 1) + text(2, shape))));
}

std::vector<float> weights() {
  std::vector<float> w;
  for (int i = 0; i < kClasses * kBands * 9; ++i) w.push_back(float(unit_interval(mix(1, std::uint64_t(i)))) - 0.5f);
  return w;
}
const std::vector<float> kBias{0.25f, -0.5f};

// A convolution of 3 x 3 from three bands to two classes, zeros beyond its edge.
std::string network_bytes() {
  const std::string conv = text(1, "x") + text(1, "w") + text(1, "b") + text(2, "y") + text(3, "conv") +
                           text(4, "Conv") + ints("kernel_shape", {3, 3}) + ints("pads", {1, 1, 1, 1}) +
                           ints("strides", {1, 1});
  const std::string graph = text(1, conv) + text(2, "net") + tensor("w", {kClasses, kBands, 3, 3}, weights()) +
                            tensor("b", {kClasses}, kBias) + plane(11, "x", kBands) + plane(12, "y", kClasses);
  return number(1, 7) + text(8, number(2, 11)) + text(7, graph);
}

// On disk while the test runs.
struct NetworkFile {
  std::string path;

  NetworkFile() {
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    path = (std::filesystem::temp_directory_path() / ("nadir_" + test.substr(0, 40) + ".onnx")).string();
    std::ofstream(path, std::ios::binary) << network_bytes();
  }
  ~NetworkFile() { std::filesystem::remove(path); }
};

ParamMap params(const std::string& path) {
  return {{"path", path},
          {"classes", std::vector<std::string>{"field", "wood"}},
          {"input_px", std::int64_t{kInput}},
          {"overlap_px", std::int64_t{4}},
          {"mean", std::vector<double>{100, 110, 120}},
          {"scale", std::vector<double>{0.02}}};
}

Value network(const ParamMap& p) {
  StageContext context;
  const StageInfo stage = read_network_stage();
  context.node = "net";
  context.params = &p;
  return stage.as<ValueFactory>()->make(context);
}

Image scene(int width, int height, int bands = kBands) {
  Image image = test::make_texture(width, height, bands, 4);
  image.invalidate({20, 10, 6, 5});
  return image;
}

// Logit of class k at (x, y): the sum that the file states, edges mirrored, holes given as the mean.
double logit(const Image& image, int k, int x, int y) {
  const std::vector<float> w = weights();
  double sum = double(kBias[std::size_t(k)]);
  for (int b = 0; b < kBands; ++b)
    for (int v = -1; v <= 1; ++v)
      for (int u = -1; u <= 1; ++u) {
        const int col = mirror(x + u, image.info.grid.width), row = mirror(y + v, image.info.grid.height);
        if (!image.valid(col, row)) continue;
        sum += double(w[std::size_t(((k * kBands + b) * 3 + v + 1) * 3 + u + 1)]) *
               (double(image(b, col, row)) - (100 + 10 * b)) * 0.02;
      }
  return sum;
}

TEST(Segment, gives_what_the_network_states_everywhere_and_leaves_holes_alone) {
  const Image image = scene(53, 41);
  const NetworkFile file;
  const auto stage = test::make_tile_stage(segment_stage(), {}, {&image, nullptr}, {{}, network(params(file.path))});
  const Image labels = test::run_whole(*stage, {&image, nullptr}), p = test::run_whole(*stage, {&image, nullptr}, 2);
  ASSERT_EQ(labels.info.classes.size(), 2u);
  EXPECT_EQ(labels.info.classes[1].name, "wood");
  int woods = 0;
  for (int y = 0; y < 41; ++y)
    for (int x = 0; x < 53; ++x) {
      ASSERT_EQ(labels.valid(x, y), image.valid(x, y));
      if (!image.valid(x, y)) continue;
      const double margin = logit(image, 1, x, y) - logit(image, 0, x, y);
      ASSERT_NEAR(double(p(1, x, y)), 1 / (1 + std::exp(-margin)), 1e-5) << x << ", " << y;
      if (std::abs(margin) > 1e-4) {
        ASSERT_EQ(labels(0, x, y), margin > 0 ? 2.0f : 1.0f) << x << ", " << y;
      }
      woods += labels(0, x, y) == 2.0f;
    }
  EXPECT_GT(woods, 100);
  EXPECT_LT(woods, 2000);
}

TEST(Segment, is_the_same_in_tiles_of_any_size) {
  const Image image = scene(70, 50);
  const NetworkFile file;
  const auto stage = test::make_tile_stage(segment_stage(), {}, {&image, nullptr}, {{}, network(params(file.path))});
  for (const std::size_t output : {0u, 1u, 2u, 3u})
    for (const int tile : {7, 16, 33})
      test::expect_identical(test::run_in_tiles(*stage, {&image, nullptr}, tile, output),
                             test::run_whole(*stage, {&image, nullptr}, output));
}

std::string refusal(const std::function<void()>& job) {
  try {
    job();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Segment, says_what_does_not_fit) {
  const NetworkFile file;
  const Image image = scene(30, 30), two = scene(30, 30, 2);
  const auto with = [&](const Image& scene_image, const char* name, const ParamValue& value) {
    return refusal([&] {
      ParamMap p = params(file.path);
      if (*name) p[name] = value;
      test::make_tile_stage(segment_stage(), {}, {&scene_image, nullptr}, {{}, network(p)});
    });
  };
  EXPECT_NE(with(two, "mean", std::vector<double>{0}).find("cannot take 2 bands"), std::string::npos)
      << with(two, "mean", std::vector<double>{0});
  EXPECT_NE(with(two, "", false).find("mean of read_network has 3 numbers"), std::string::npos);
  EXPECT_NE(with(image, "classes", std::vector<std::string>{"a", "b", "c"}).find("gives 1 x 2 x 24 x 24"),
            std::string::npos);
  EXPECT_NE(with(image, "overlap_px", std::int64_t{12}).find("more than twice"), std::string::npos);
  EXPECT_NE(with(image, "path", std::string("nowhere.onnx")).find("there is no network"), std::string::npos);
  std::ofstream(file.path, std::ios::binary) << "no protocol buffer";
  EXPECT_NE(with(image, "", false).find("is no ONNX network"), std::string::npos);
}

}  // namespace
}  // namespace nadir
