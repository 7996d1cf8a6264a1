// OpenCV's random trees, turned into flat ones.
#include "stages/segmentation/forest_training.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <opencv2/ml.hpp>

#include "pipeline/core/error.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/seeded_random.h"

namespace nadir {
namespace {

constexpr int kTreesPerBundle = 10;

using CvNodes = std::vector<cv::ml::DTrees::Node>;
using CvSplits = std::vector<cv::ml::DTrees::Split>;

// Breadth first, so that the children of a node are neighbours.
Tree flatten(const CvNodes& nodes, const CvSplits& splits, int root) {
  Tree tree;
  std::vector<std::pair<int, int>> queue{{root, 0}};  // node of OpenCV's, depth
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto [index, depth] = queue[i];
    const auto& node = nodes[std::size_t(index)];
    tree.depth = std::max(tree.depth, depth);
    tree.leaf_class.push_back(std::uint16_t(std::max(0.0, node.value)));
    if (node.split < 0) {
      tree.nodes.push_back(ForestNode::leaf(std::uint32_t(i)));
      continue;
    }
    const auto& split = splits[std::size_t(node.split)];
    tree.nodes.push_back(ForestNode::decision(split.c, std::uint32_t(split.varIdx), std::uint32_t(queue.size())));
    queue.emplace_back(split.inversed ? node.right : node.left, depth + 1);
    queue.emplace_back(split.inversed ? node.left : node.right, depth + 1);
  }
  if (tree.nodes.size() > kMaxForestNodes) throw Error(Fault::data, "a tree has too many decisions; lower max_depth");
  return tree;
}

cv::Ptr<cv::ml::TrainData> data_of(const TrainingSet& set, const std::vector<std::size_t>& rows) {
  cv::Mat samples(int(rows.size()), set.features, CV_32F), labels(int(rows.size()), 1, CV_32S);
  for (int i = 0; i < int(rows.size()); ++i) {
    const std::size_t row = rows[std::size_t(i)];
    std::copy_n(set.row(row), set.features, samples.ptr<float>(i));
    labels.at<int>(i) = set.labels[row];
  }
  return cv::ml::TrainData::create(samples, cv::ml::ROW_SAMPLE, labels);
}

// Each pixel with the probability of its weight, and of every class the one that counts most.
std::vector<std::size_t> drawn_by_weight(const TrainingSet& set, std::uint64_t seed) {
  std::map<std::uint16_t, std::size_t> heaviest;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto [at, is_first] = heaviest.emplace(set.labels[i], i);
    if (!is_first && set.weight(i) > set.weight(at->second)) at->second = i;
  }
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (unit_interval(mix(seed, i)) < set.weight(i) || heaviest[set.labels[i]] == i) rows.push_back(i);
  return rows;
}

std::vector<Tree> train_bundle(const cv::Ptr<cv::ml::TrainData>& data, const ForestParams& params, int trees,
                               std::uint64_t seed) {
  const SeededRandom random(seed);  // cv::ml draws from the calling thread's generator
  const auto forest = cv::ml::RTrees::create();
  forest->setMaxDepth(params.max_depth);
  forest->setMinSampleCount(params.min_samples);
  forest->setActiveVarCount(0);
  forest->setTermCriteria({cv::TermCriteria::MAX_ITER, trees, 0});
  if (!forest->train(data)) throw Error(Fault::internal, "OpenCV could not train a random forest");
  return flat_trees(*forest);
}

}  // namespace

std::vector<Tree> flat_trees(const cv::ml::RTrees& forest) {
  std::vector<Tree> flat;
  for (const int root : forest.getRoots()) flat.push_back(flatten(forest.getNodes(), forest.getSplits(), root));
  return flat;
}

std::vector<Tree> train_forest(const TrainingSet& set, const ForestParams& params, std::uint64_t seed, Exec& exec) {
  std::vector<std::size_t> all_rows(set.weights.empty() ? set.size() : 0);
  std::iota(all_rows.begin(), all_rows.end(), std::size_t{0});
  const auto shared = data_of(set, all_rows);

  const int bundles = (params.trees + kTreesPerBundle - 1) / kTreesPerBundle;
  std::vector<std::vector<Tree>> parts(std::size_t(bundles), std::vector<Tree>{});
  exec.parallel(bundles, [&](int i) {
    const int trees = std::min(kTreesPerBundle, params.trees - i * kTreesPerBundle);
    const std::uint64_t own = mix(seed, std::uint64_t(i));
    const auto data = set.weights.empty() ? shared : data_of(set, drawn_by_weight(set, own));
    parts[std::size_t(i)] = train_bundle(data, params, trees, own);
  });
  std::vector<Tree> all;
  for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(all));
  return all;
}

}  // namespace nadir
