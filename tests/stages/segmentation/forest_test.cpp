#include "stages/segmentation/forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/ml.hpp>

#include "pipeline/backend/exec.h"
#include "stages/segmentation/forest_training.h"
#include "stages/segmentation/mix.h"
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
  std::uint32_t at = 0;
  while (!tree.is_leaf(at)) {
    const ForestNode& n = tree.nodes[at];
    at = n.left() + (row[n.feature()] > n.threshold);
  }
  return tree.leaf_class[at];
}

std::vector<std::uint16_t> winners(const Forest& forest, const TrainingSet& set) {
  std::vector<std::size_t> rows(set.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::vector<std::uint16_t> labels(forest.classes().size());
  std::iota(labels.begin(), labels.end(), std::uint16_t{0});
  return classify_rows(forest, set, rows, labels).winners;
}

std::vector<int> plain_votes(const Forest& forest, const float* row) {
  std::vector<int> votes(forest.classes().size());
  for (const Tree& t : forest.trees()) ++votes[walk(t, row)];
  return votes;
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

TEST(Forest, agrees_with_a_plain_walk_before_and_after_it_is_prepared) {
  Exec exec;
  for (const int noise : {0, 60}) {
    const TrainingSet set = random_set(500, 5, 3, noise, 3);
    const TrainingSet other = random_set(700, 5, 3, noise, 4);
    Forest forest({.bands = 5}, classes(3), train_forest(set, {.trees = 20, .max_depth = 20}, 1, exec), set.values);
    const auto before = winners(forest, other);
    forest.prepare();
    ASSERT_GT(forest.cells().size(), 1u);
    EXPECT_LT(forest.cells().undecided(), 20);
    EXPECT_EQ(before, winners(forest, other));
    for (std::size_t i = 0; i < other.size(); ++i) {
      const auto votes = plain_votes(forest, other.row(i));
      ASSERT_EQ(before[i], std::max_element(votes.begin(), votes.end()) - votes.begin());
    }
  }
}

TEST(Forest, boxes_of_noisy_classes_take_no_more_than_a_few_times_the_trees) {
  Exec exec;
  const TrainingSet set = random_set(8000, 4, 6, 40, 3);
  Forest forest({.bands = 4}, classes(6), train_forest(set, {.trees = 50, .max_depth = 16}, 1, exec), set.values);
  forest.prepare();
  std::size_t trees = 0;
  for (const Tree& t : forest.trees()) trees += t.nodes.size() * (sizeof(ForestNode) + sizeof(std::uint16_t));
  EXPECT_LE(forest.cells().bytes(), 12 * trees);
  // What fit_classifier reserves for it.
  EXPECT_LE(trees + forest.cells().bytes(), set.size() * 4 * 50 * (sizeof(ForestNode) + sizeof(std::uint16_t)));
}

// Thresholds themselves, values far outside of what was trained on, and what is no number.
TEST(Forest, gives_the_votes_of_all_trees_wherever_a_pixel_lies) {
  Exec exec;
  const TrainingSet set = random_set(800, 3, 4, 30, 5);
  Forest forest({.bands = 3}, classes(4), train_forest(set, {.trees = 30, .max_depth = 12}, 1, exec), set.values);
  std::vector<float> values{-1e30f, 1e30f, std::nanf(""), 0, 11.5f};
  for (const Tree& t : forest.trees()) values.push_back(t.nodes[0].threshold);
  forest.prepare();
  constexpr int kCount = 256;
  AlignedFloats features(3 * kCount);
  std::vector<std::uint16_t> votes(4 * kCount), chosen(kCount);
  for (int i = 0; i < 3 * kCount; ++i) features.data()[i] = values[mix(9, std::uint64_t(i)) % values.size()];
  forest.vote(features.data(), kCount, kCount, votes.data());
  forest.choose(features.data(), kCount, kCount, chosen.data());
  for (int i = 0; i < kCount; ++i) {
    const float row[]{features.data()[i], features.data()[kCount + i], features.data()[2 * kCount + i]};
    const auto expected = plain_votes(forest, row);
    for (int k = 0; k < 4; ++k) ASSERT_EQ(votes[std::size_t(k * kCount + i)], expected[std::size_t(k)]);
    ASSERT_EQ(chosen[std::size_t(i)], std::max_element(expected.begin(), expected.end()) - expected.begin());
  }
}

TEST(Forest, training_depends_on_the_seed_alone) {
  const TrainingSet set = random_set(300, 5, 3, 20, 3);
  Exec exec;
  const auto same = [](const std::vector<Tree>& a, const std::vector<Tree>& b) {
    for (std::size_t t = 0; t < a.size(); ++t) {
      if (a[t].nodes.size() != b[t].nodes.size() || a[t].leaf_class != b[t].leaf_class) return false;
      for (std::size_t n = 0; n < a[t].nodes.size(); ++n)
        if (a[t].nodes[n].word != b[t].nodes[n].word) return false;
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
  const auto leaf = [](std::uint16_t k) { return Tree{{ForestNode::leaf(0)}, {k}, 0}; };
  const Forest forest({}, classes(3), {leaf(2), leaf(1), leaf(1), leaf(2)});
  const TrainingSet one{1, {5.0f}, {0}, {}};
  EXPECT_EQ(winners(forest, one)[0], 1u);
}

}  // namespace
}  // namespace nadir
