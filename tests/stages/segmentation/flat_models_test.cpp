// Classifiers as kernels take them give what the classifiers give; the kernels run as loops here.
#include "stages/segmentation/flat_models.h"

#include <gtest/gtest.h>

#include "stages/segmentation/classify_ops.h"
#include "stages/segmentation/forest.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/network.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

constexpr int kWidth = 80;
constexpr int kHeight = 9;
constexpr int kBands = 4;

std::vector<ClassInfo> five_classes() {
  std::vector<ClassInfo> classes;
  for (int k = 0; k < 5; ++k) classes.push_back({std::uint16_t(10 + 3 * k), "class", {}});
  return classes;
}

float number(std::uint64_t i, double low, double high) { return float(low + (high - low) * unit_interval(mix(7, i))); }

Network network(Activation activation) {
  Network n;
  n.activation = activation;
  n.scaling = {{120, 125, 130, 128}, {0.05f, 0.04f, 0.03f, 0.06f}};
  int inputs = kBands;
  for (const int outputs : {37, 20, 5}) {
    NetworkLayer layer = NetworkLayer::zeros(inputs, outputs);
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < inputs; ++i)
        layer.weight(o, i) = number(std::uint64_t(outputs * 997 + o * 53 + i), -0.7, 0.7);
      layer.bias[std::size_t(o)] = number(std::uint64_t(77777 + outputs + o), -0.5, 0.5);
    }
    n.layers.push_back(layer);
    inputs = outputs;
  }
  return n;
}

// Complete trees of depth 4.
std::vector<Tree> trees() {
  std::vector<Tree> all;
  for (std::uint64_t t = 0; t < 30; ++t) {
    Tree tree;
    tree.depth = 4;
    for (std::uint32_t i = 0; i < 31; ++i) {
      const bool leaf = i >= 15;
      tree.nodes.push_back(
          leaf ? ForestNode::leaf(i)
               : ForestNode::decision(number(t * 31 + i, 60, 200), std::uint32_t((t + i) % kBands), 2 * i + 1));
      tree.leaf_class.push_back(std::uint16_t(mix(t, i) % 5));
    }
    all.push_back(tree);
  }
  return all;
}

void expect_same(Classifier& classifier) {
  const test::Image image = test::make_texture(kWidth, kHeight, kBands, 9);
  AlignedFloats features(std::size_t(kBands) * kWidth), scores(std::size_t(5) * kWidth);
  std::vector<std::uint16_t> winners(kWidth), ids;
  for (const ClassInfo& c : classifier.classes()) ids.push_back(c.id);
  const auto flat = classifier.flat_model();
  ASSERT_TRUE(flat && fits_kernels(*flat));
  FeatureSources sources;
  sources.image = image.tile.view();
  Tile labels(image.tile.window(), 1), probabilities(image.tile.window(), 5);
  Exec exec;
  classify_pixels(exec, *flat, ids, sources, {labels.view(), {}, probabilities.view(), {}});
  for (int y = 0; y < kHeight; ++y) {
    for (int f = 0; f < kBands; ++f)
      for (int x = 0; x < kWidth; ++x) features.data()[f * kWidth + x] = image(f, x, y);
    classifier.choose(features.data(), kWidth, kWidth, winners.data());
    classifier.score(features.data(), kWidth, kWidth, scores.data());
    scores_to_probabilities(classifier.link(), scores.data(), 5, kWidth, kWidth);
    for (int x = 0; x < kWidth; ++x) {
      ASSERT_EQ(labels.view()(0, x, y), float(ids[winners[std::size_t(x)]])) << x << "," << y;
      for (int k = 0; k < 5; ++k)
        ASSERT_EQ(probabilities.view()(k, x, y), scores.data()[k * kWidth + x]) << k << ": " << x << "," << y;
    }
  }
}

TEST(FlatModels, give_what_networks_give) {
  for (const Activation activation : {Activation::relu, Activation::softplus}) {
    NetworkClassifier classifier({.bands = kBands}, five_classes(), network(activation));
    expect_same(classifier);
  }
}

TEST(FlatModels, give_what_forests_give_with_and_without_boxes) {
  Forest plain({.bands = kBands}, five_classes(), trees());
  expect_same(plain);
  std::vector<float> typical;
  for (std::uint64_t i = 0; i < 400 * kBands; ++i) typical.push_back(number(1000 + i, 40, 220));
  Forest boxes({.bands = kBands}, five_classes(), trees(), typical);
  boxes.prepare();
  ASSERT_FALSE(boxes.cells().empty());
  expect_same(boxes);
}

}  // namespace
}  // namespace nadir
