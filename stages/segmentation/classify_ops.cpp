// Launches of classifiers; compiled as C++ or as CUDA.
#include "stages/segmentation/classify_ops.h"

#include <algorithm>
#include <limits>

#include "pipeline/backend/buffer.h"
#include "stages/segmentation/classify_kernels.h"

namespace nadir {
namespace {

constexpr std::size_t kMostShared = 96 << 10;  // every device that we build for gives a block this much

template <int kEach>
ClassifyByNetwork<kEach> kernel_of(const FlatNetwork& n) {
  ClassifyByNetwork<kEach> f{};
  f.layer_count = int(n.layers.size());
  std::copy_n(n.layers.begin(), std::min(n.layers.size(), std::size_t(f.kMostLayers)), f.layers);
  f.feature_count = n.features();
  f.widest = n.widest();
  f.softplus_units = n.softplus;
  f.pixels.classes = n.classes();
  return f;
}

ClassifyByForest kernel_of(const FlatForest& forest) {
  ClassifyByForest f{};
  f.tree_count = int(forest.trees.size());
  f.feature_count = forest.features;
  f.pixels.classes = forest.classes;
  return f;
}

template <class F>
void launch(Exec& exec, F& f, const PixelsToClassify& pixels, int pixels_a_block, const char* name) {
  const int classes = f.pixels.classes;
  f.pixels = pixels;
  f.pixels.classes = classes;
  for_each_block(exec, int((pixels.window.area() + pixels_a_block - 1) / pixels_a_block), f, name);
}

template <int kEach>
void classify_with(Exec& exec, const FlatNetwork& n, const PixelsToClassify& pixels) {
  const Buffer<float> mean(exec, n.mean), inverse(exec, n.inverse), numbers(exec, n.numbers);
  ClassifyByNetwork<kEach> f = kernel_of<kEach>(n);
  f.mean = mean.data(), f.inverse = inverse.data(), f.numbers = numbers.data();
  launch(exec, f, pixels, f.kPixels, "classify_by_network");
}

// Two pixels a thread share its loads of weights; for wide layers there is no room.
void classify_with(Exec& exec, const FlatNetwork& n, const PixelsToClassify& pixels) {
  if (kernel_of<2>(n).shared_bytes() <= kMostShared)
    classify_with<2>(exec, n, pixels);
  else
    classify_with<1>(exec, n, pixels);
}

void classify_with(Exec& exec, const FlatForest& forest, const PixelsToClassify& pixels) {
  const Buffer<FlatForest::Tree> trees(exec, forest.trees);
  const Buffer<ForestNode> nodes(exec, forest.nodes);
  const Buffer<std::uint16_t> leaf_class(exec, forest.leaf_class);
  ClassifyByForest f = kernel_of(forest);
  f.trees = trees.data(), f.nodes = nodes.data(), f.leaf_class = leaf_class.data();
  launch(exec, f, pixels, ClassifyByForest::kThreads, "classify_by_forest");
}

}  // namespace

int FlatNetwork::widest() const {
  int widest = features();
  for (const FlatLayer& l : layers) widest = std::max(widest, l.groups() * FlatLayer::kUnits);
  return widest;
}

FlatLayer& FlatNetwork::add_layer(int inputs, int outputs) {
  for (FlatLayer& l : layers) l.last = false;
  FlatLayer layer{inputs, outputs, int(numbers.size()), 0, true};
  layer.biases = layer.weights + layer.groups() * FlatLayer::kUnits * inputs;
  numbers.resize(std::size_t(layer.biases + layer.groups() * FlatLayer::kUnits), 0.0f);
  layers.push_back(layer);
  return layers.back();
}

float& FlatNetwork::weight(const FlatLayer& l, int output, int input) {
  constexpr int kUnits = FlatLayer::kUnits;
  return numbers[std::size_t(l.weights + (output / kUnits * l.inputs + input) * kUnits + output % kUnits)];
}

float& FlatNetwork::bias(const FlatLayer& l, int output) { return numbers[std::size_t(l.biases + output)]; }

bool fits_kernels(const FlatModel& model) {
  if (const auto* n = std::get_if<FlatNetwork>(&model))
    return n->layers.size() <= ClassifyByNetwork<1>::kMostLayers && kernel_of<1>(*n).shared_bytes() <= kMostShared;
  return kernel_of(std::get<FlatForest>(model)).shared_bytes() <= kMostShared;
}

std::size_t bytes_of(const FlatModel& model) {
  if (const auto* n = std::get_if<FlatNetwork>(&model))
    return (n->numbers.size() + n->mean.size() + n->inverse.size()) * sizeof(float);
  const auto& forest = std::get<FlatForest>(model);
  return forest.nodes.size() * (sizeof(ForestNode) + sizeof(std::uint16_t)) +
         forest.trees.size() * sizeof(FlatForest::Tree);
}

void classify_pixels(Exec& exec, const FlatModel& model, std::span<const std::uint16_t> ids,
                     const FeatureSources& features, const ClassifiedViews& out) {
  Window w;
  for (const TileView* view : {&out.labels, &out.confidence, &out.probabilities, &out.rated})
    w = unite(w, view->window);
  if (w.empty()) return;
  if (w.area() > std::numeric_limits<int>::max()) throw Error(Fault::internal, "more pixels than kernels can count");
  const Buffer<std::uint16_t> class_ids(exec, ids);
  const PixelsToClassify pixels{w, features, out, class_ids.data(), 0};
  std::visit([&](const auto& m) { classify_with(exec, m, pixels); }, model);
}

}  // namespace nadir
