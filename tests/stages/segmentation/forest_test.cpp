#include "stages/segmentation/forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/ml.hpp>

#include "stages/segmentation/training.h"

namespace nadir {
namespace {

// Whole numbers, so that features often equal thresholds; `noise` of the labels are random, which makes deep trees.
TrainingSet random_set(int size, int features, int classes, int noise_percent, std::uint64_t seed) {
  TrainingSet set;
  set.features = features;
  for (int i = 0; i < size; ++i) {
    int sum = 0;
    for (int f = 0; f < features; ++f) {
      set.values.push_back(float(mix(seed, std::uint64_t(i), std::uint64_t(f)) % 24));
      sum += int(set.values.back()) * (f % 3);
    }
    const std::uint64_t dice = mix(seed + 1, std::uint64_t(i));
    const bool noisy = int(dice % 100) < noise_percent;
    set.labels.push_back(
        std::uint16_t(noisy ? (dice >> 32) % std::uint64_t(classes) : std::uint64_t(sum / 20 % classes)));
  }
  return set;
}

std::vector<ClassInfo> classes(int n) {
  std::vector<ClassInfo> list;
  for (int k = 1; k <= n; ++k) list.push_back({std::uint16_t(k), "c" + std::to_string(k), {}});
  return list;
}

std::size_t walk(const Tree& tree, const float* row) {
  std::int32_t at = 0;
  while (tree.nodes[std::size_t(at)].left != at) {
    const ForestNode& n = tree.nodes[std::size_t(at)];
    at = n.left + (row[n.feature] > n.threshold);
  }
  return tree.leaf_class[std::size_t(at)];
}

std::vector<std::size_t> winners(const Forest& forest, const TrainingSet& set) {
  std::vector<std::size_t> result;
  const std::ptrdiff_t stride = 2 * Forest::kGroup;
  std::vector<float> block(std::size_t(set.features * stride));
  std::vector<std::uint16_t> votes(forest.classes().size() * std::size_t(stride));
  for (std::size_t first = 0; first < set.size(); first += std::size_t(stride)) {
    const int count = int(std::min(std::size_t(stride), set.size() - first));
    for (int i = 0; i < count; ++i)
      for (int f = 0; f < set.features; ++f)
        block[std::size_t(f * stride + i)] =
            set.values[(first + std::size_t(i)) * std::size_t(set.features) + std::size_t(f)];
    forest.vote(block.data(), count, stride, votes.data());
    for (int i = 0; i < count; ++i) result.push_back(forest.winner(votes.data(), stride, i));
  }
  return result;
}

TEST(Forest, classifies_as_the_forest_of_opencv_that_it_was_made_from) {
  const TrainingSet set = random_set(600, 7, 4, 20, 1);
  const TrainingSet other = random_set(999, 7, 4, 20, 2);
  Exec exec;
  const ForestParams params{.trees = 10, .max_depth = 12, .min_samples = 1};  // one bundle: one forest of OpenCV's
  const Forest forest({}, classes(4), train_forest(set, params, 5, exec));

  const cv::Mat samples(int(set.size()), 7, CV_32F, const_cast<float*>(set.values.data()));
  cv::Mat labels(int(set.size()), 1, CV_32S);
  std::copy(set.labels.begin(), set.labels.end(), labels.ptr<int>());
  const auto theirs = cv::ml::RTrees::create();
  theirs->setMaxDepth(12);
  theirs->setMinSampleCount(1);
  theirs->setActiveVarCount(0);
  theirs->setTermCriteria({cv::TermCriteria::MAX_ITER, 10, 0});
  cv::theRNG() = cv::RNG(mix(5, 0));
  theirs->train(samples, cv::ml::ROW_SAMPLE, labels);

  const auto ours = winners(forest, other);
  for (std::size_t i = 0; i < other.size(); ++i) {
    const cv::Mat row(1, 7, CV_32F, const_cast<float*>(other.values.data() + 7 * i));
    ASSERT_EQ(ours[i], std::size_t(theirs->predict(row))) << "pixel " << i;
  }
}

TEST(Forest, both_ways_of_voting_agree_with_a_plain_walk) {
  Exec exec;
  for (const int noise : {0, 60}) {  // small trees take strikes, large ones are walked
    const TrainingSet set = random_set(500, 5, 3, noise, 3);
    const Forest forest({}, classes(3), train_forest(set, {.trees = 20, .max_depth = noise ? 20 : 4}, 1, exec));
    const auto ours = winners(forest, set);
    bool struck = false, walked = false;
    for (const Tree& t : forest.trees()) (strikes_of(t).leaf_class.empty() ? walked : struck) = true;
    EXPECT_TRUE(noise ? walked : struck);
    for (std::size_t i = 0; i < set.size(); ++i) {
      std::vector<int> votes(3);
      for (const Tree& t : forest.trees()) ++votes[walk(t, set.values.data() + 5 * i)];
      ASSERT_EQ(ours[i], std::size_t(std::max_element(votes.begin(), votes.end()) - votes.begin()));
    }
  }
}

TEST(Forest, training_depends_on_the_seed_alone) {
  const TrainingSet set = random_set(300, 5, 3, 20, 3);
  Exec exec;
  const auto same = [](const std::vector<Tree>& a, const std::vector<Tree>& b) {
    for (std::size_t t = 0; t < a.size(); ++t) {
      if (a[t].nodes.size() != b[t].nodes.size() || a[t].leaf_class != b[t].leaf_class) return false;
      for (std::size_t n = 0; n < a[t].nodes.size(); ++n)
        if (a[t].nodes[n].left != b[t].nodes[n].left || a[t].nodes[n].feature != b[t].nodes[n].feature) return false;
    }
    return true;
  };
  const auto first = train_forest(set, {.trees = 35}, 9, exec);
  cv::theRNG() = cv::RNG(77);
  EXPECT_TRUE(same(first, train_forest(set, {.trees = 35}, 9, exec)));
  EXPECT_FALSE(same(first, train_forest(set, {.trees = 35}, 10, exec)));
  EXPECT_EQ(first.size(), 35u);
}

TEST(Forest, a_tie_goes_to_the_lower_class) {
  const auto leaf = [](std::uint16_t k) { return Tree{{{std::nanf(""), 0, 0}}, {k}, 0}; };
  const Forest forest({}, classes(3), {leaf(2), leaf(1), leaf(1), leaf(2)});
  TrainingSet one{1, {5.0f}, {0}};
  EXPECT_EQ(winners(forest, one)[0], 1u);
}

}  // namespace
}  // namespace nadir
