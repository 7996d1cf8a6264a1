// The kernels of classifiers against plain loops: as loops on the CPU, in two orders of threads, and on a device where
// there is one.
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <thread>

#include "pipeline/backend/launch_blocks.h"
#include "pipeline/backend/staged_tile.h"
#include "stages/segmentation/classify_ops.h"
#include "stages/segmentation/elementary.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

constexpr int kBands = 3;
const std::vector<std::uint16_t> kIds{3, 7, 8, 20, 21};

float irregular(int i) {
  return float(std::sin(12.9898 * i) * 43758.5453 - std::floor(std::sin(12.9898 * i) * 43758.5453));
}

// Five features of 70 x 45 pixels: three bands, and one layer of pixels four times larger with two.
struct Scene {
  test::Image image = test::make_texture(70, 45, kBands, 3);
  test::Image layer = test::make_texture(18, 12, 2, 4);

  Scene() { image.invalidate({20, 10, 6, 5}); }
  float feature(int f, int x, int y) const { return f < kBands ? image(f, x, y) : layer(f - kBands, x / 4, y / 4); }
};

FlatNetwork network(bool softplus_units, int wide = 50) {
  FlatNetwork n;
  n.softplus = softplus_units;
  for (int f = 0; f < 5; ++f) {
    n.mean.push_back(120 + float(f));
    n.inverse.push_back(0.05f);
  }
  int number = 1;
  for (const auto& [inputs, outputs] : {std::pair(5, wide), std::pair(wide, 13), std::pair(13, 5)}) {
    const FlatLayer layer = n.add_layer(inputs, outputs);
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < inputs; ++i) n.weight(layer, o, i) = (irregular(number++) - 0.5f) * 1.4f;
      n.bias(layer, o) = irregular(number++) - 0.5f;
    }
  }
  return n;
}

std::vector<float> probabilities_by(FlatNetwork& n, const Scene& s, int x, int y) {
  std::vector<float> in;
  for (int f = 0; f < n.features(); ++f)
    in.push_back((s.feature(f, x, y) - n.mean[std::size_t(f)]) * n.inverse[std::size_t(f)]);
  for (const FlatLayer& layer : n.layers) {
    std::vector<float> out;
    for (int o = 0; o < layer.outputs; ++o) {
      float sum = n.bias(layer, o);
      for (int i = 0; i < layer.inputs; ++i) sum = std::fma(in[std::size_t(i)], n.weight(layer, o, i), sum);
      const bool last = &layer == &n.layers.back();
      out.push_back(last ? sum : n.softplus ? softplus(sum) : std::max(sum, 0.0f));
    }
    in = out;
  }
  float most = in[0], sum = 0;
  for (const float v : in) most = std::max(most, v);
  for (float& v : in) sum += v = fast_exp(v - most);
  for (float& v : in) v /= sum;
  return in;
}

FlatForest forest() {
  FlatForest f;
  f.features = 5;
  f.classes = 5;
  for (int t = 0; t < 21; ++t) {
    f.trees.push_back({int(f.nodes.size()), 2});
    const std::uint32_t feature = std::uint32_t(t % 5);
    f.nodes.push_back(ForestNode::decision(60 + 130 * irregular(t), feature, 1));
    f.nodes.push_back(ForestNode::leaf(1));
    f.nodes.push_back(ForestNode::decision(90 + 130 * irregular(t + 50), (feature + 2) % 5, 3));
    f.nodes.push_back(ForestNode::leaf(3));
    f.nodes.push_back(ForestNode::leaf(4));
    for (const int k : {0, t % 3, 0, 1 + t % 4, (t * 7) % 5}) f.leaf_class.push_back(std::uint16_t(k));
  }
  return f;
}

std::vector<float> probabilities_by(FlatForest& f, const Scene& s, int x, int y) {
  std::vector<float> votes(5);
  for (std::size_t t = 0; t < f.trees.size(); ++t) {
    std::uint32_t at = 0;
    const auto node = [&] { return f.nodes[t * 5 + at]; };
    while (node().left() != at) at = node().left() + (s.feature(int(node().feature()), x, y) > node().threshold);
    ++votes[f.leaf_class[t * 5 + at]];
  }
  for (float& v : votes) v /= float(f.trees.size());
  return votes;
}

template <class Model>
void expect_classified(Exec& exec, Model model) {
  const Scene s;
  const StagedTile image(exec, s.image.tile.view()), layer(exec, s.layer.tile.view());
  FeatureSources sources;
  sources.image = image.view();
  sources.layers[sources.layer_count++] = {layer.view(), 2};
  // Outputs of different windows, one of them outside of the others.
  Tile labels({0, 0, 70, 45}, 1), confidence({5, 6, 30, 20}, 1), probabilities({10, 0, 33, 45}, 5);
  StagedTile out[] = {{exec, labels.window(), 1}, {exec, confidence.window(), 1}, {exec, probabilities.window(), 5}};
  classify_pixels(exec, model, kIds, sources, {out[0].view(), out[1].view(), out[2].view(), {}});
  out[0].download(labels.view());
  out[1].download(confidence.view());
  out[2].download(probabilities.view());
  exec.finish();
  std::vector<int> seen(5);
  for (int y = 0; y < 45; ++y)
    for (int x = 0; x < 70; ++x) {
      const bool valid = s.image.valid(x, y);
      const std::vector<float> p = probabilities_by(model, s, x, y);
      const auto k = std::size_t(std::max_element(p.begin(), p.end()) - p.begin());
      ASSERT_EQ(labels.view().is_valid(x, y), valid);
      ASSERT_EQ(labels.view()(0, x, y), valid ? float(kIds[k]) : 0.0f) << x << "," << y;
      if (confidence.window().contains(x, y)) {
        ASSERT_EQ(confidence.view()(0, x, y), valid ? p[k] : 0.0f);
      }
      for (int c = 0; c < 5 && probabilities.window().contains(x, y); ++c)
        ASSERT_EQ(probabilities.view()(c, x, y), valid ? p[std::size_t(c)] : 0.0f) << c << ": " << x << "," << y;
      ++seen[k];
    }
  EXPECT_GE(std::count_if(seen.begin(), seen.end(), [](int n) { return n > 20; }), 2);  // not all of one class
}

void expect_all_classified(Exec& exec) {
  expect_classified(exec, network(false));
  expect_classified(exec, network(true));
  expect_classified(exec, network(false, 120));  // one pixel a thread
  expect_classified(exec, forest());
}

// One kernel whose blocks share 18 to 92 KB, below and above the 48 KB for which nobody has to ask.
void expect_classified_by_layers_of(const std::initializer_list<int>& units, Exec& exec) {
  for (const int wide : units) {
    SCOPED_TRACE(wide);
    expect_classified(exec, network(false, wide));
  }
}

void expect_two_threads_to_classify(Device device) {
  const auto classify = [&](const std::initializer_list<int>& units) {
    Exec exec(device);
    expect_classified_by_layers_of(units, exec);
  };
  std::thread other([&] { classify({56, 80, 16, 64}); });
  classify({80, 48, 72, 24});
  other.join();
}

class ClassifyKernels : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { reversed_threads = GetParam(); }
  void TearDown() override { reversed_threads = false; }
};
INSTANTIATE_TEST_SUITE_P(Threads, ClassifyKernels, ::testing::Bool());

TEST_P(ClassifyKernels, give_what_plain_loops_give) {
  Exec exec;
  exec.limit_memory(std::size_t{1} << 40);  // which also fills it with rubbish
  expect_all_classified(exec);
}

TEST(FlatModels, that_are_too_large_for_kernels_are_known) {
  FlatNetwork wide;
  wide.mean.resize(10);
  wide.add_layer(10, 128);
  wide.add_layer(128, 5);
  EXPECT_TRUE(fits_kernels(wide));
  wide.add_layer(5, 300);
  EXPECT_FALSE(fits_kernels(wide));
  FlatForest many{.features = 255, .classes = 5, .trees = {}, .nodes = {}, .leaf_class = {}};
  EXPECT_FALSE(fits_kernels(many));
}

TEST(ClassifiersOnTheCpu, take_what_they_share_as_networks_want_it) {
  Exec exec;
  expect_classified_by_layers_of({80, 16, 56}, exec);
}

TEST(ClassifiersOnTheCpu, work_in_two_threads) { expect_two_threads_to_classify(Device::cpu); }

TEST(Device, classifies_with_shared_memory_of_changing_size) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_classified_by_layers_of({80, 16, 56, 40, 80}, exec);
}

TEST(Device, classifies_in_two_threads) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  expect_two_threads_to_classify(Device::cuda);
}

TEST(Device, classifies_with_the_same_bits) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_all_classified(exec);
}

}  // namespace
}  // namespace nadir
