// Speed of the kernels whose threads work in blocks: super-resolution and classifiers.
#include "tests/benchmarks/block_kernels_bench.h"

#include <cmath>
#include <cstdio>

#include "pipeline/backend/staged_tile.h"
#include "stages/segmentation/classify_ops.h"
#include "stages/super_resolution/group_ops.h"
#include "stages/super_resolution/kernel_solver.h"
#include "stages/super_resolution/residual_network_ops.h"
#include "stages/super_resolution/search_ops.h"
#include "tests/benchmarks/timing.h"

namespace nadir {
namespace {

// Edges, texture and grain, as grey levels; the scene of nadir_super_resolution_bench.
float scene(int x, int y) {
  const double wave = 60 * std::sin(0.11 * x + 0.02 * y + 3 * std::sin(0.013 * y));
  const double edges = (x / 37 + y / 53) % 2 ? 35 : -35;
  const unsigned hash = (unsigned(x) * 2654435761U ^ unsigned(y) * 40503U) * 2246822519U;
  return float(127 + wave + edges + 8 * (double(hash >> 8) / (1 << 24) - 0.5));
}

Tile scene_of(int width, int height, int bands, int step) {
  Tile t({0, 0, width, height}, bands);
  t.fill(0, true);
  for (int b = 0; b < bands; ++b)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) t.view()(b, x, y) = scene(step * x + 11 * b, step * y);
  return t;
}

void print(const char* what, double pixels, double seconds) {
  std::printf("%-44s %10.2f Mpixel/s\n", what, pixels / seconds / 1e6);
}

// One pass over a regular grid of references, and the shrinkage and aggregation of its groups.
void bench_pass(Exec& exec, int size, int repeats) {
  SearchSettings search;
  search.patch = 8;
  search.similar = 16;
  search.radius = search.dense_rows = 20;
  const PyramidLayout layout({size, size}, {}, search.patch);
  const ReferenceGrid grid({size, size}, search.patch, 0, {}, 4);
  const PyramidOps ops(exec, layout);
  const Tile image = scene_of(size, size, 1, 1);
  const Buffer<float> pyramid(exec, layout.samples());
  exec.copy(pyramid.data(), image.view().samples, std::size_t(image.view().plane) * sizeof(float));
  const Buffer<std::int16_t> guide(exec, layout.samples());
  const Buffer<std::int32_t> matches(exec, std::size_t(grid.count()) * 16);
  const double pixels = double(size) * size;
  print("one pass (8, 4, 41, 16)", pixels, median_seconds(exec, repeats, [&] {
          ops.quantize(pyramid.data(), guide.data());
          ops.match(guide.data(), grid, search, 0, matches.data());
        }));

  for (const int patch : {5, 6}) {
    SearchSettings usual;
    usual.patch = patch;
    const ReferenceGrid references({size, size}, patch, 0);
    const Buffer<std::int32_t> similar(exec, std::size_t(references.count()) * std::size_t(usual.similar));
    ops.match(guide.data(), references, usual, 0, similar.data());
    const GroupShrinker shrinker(exec, {size, size}, references, usual);
    const Buffer<float> x(exec, std::size_t(pixels));
    exec.copy(x.data(), image.view().samples, x.size() * sizeof(float));
    const std::string what = "groups of 40 patches of " + std::to_string(patch) + " x " + std::to_string(patch);
    print(what.c_str(), pixels, median_seconds(exec, repeats, [&] {
            shrinker.run(pyramid.data(), similar.data(), 60, 0.9f, {x.data(), size, {0, 0, size, size}});
          }));
  }
}

void bench_solver(Exec& exec, int size, int repeats, Quality quality, const char* name) {
  const float noise[] = {0.29f};
  SolverSettings settings = preset(quality, noise, true);
  settings.observation = observation(gaussian_taps(1.6, 3), 3, Phase::corner, Sampling::decimate);
  const int coarse = size / 3;
  const Tile y = scene_of(coarse, coarse, 1, 3);
  print(name, 9.0 * coarse * coarse,
        median_seconds(exec, repeats, [&] { solve_by_kernels(exec, settings, y.view()); }));
}

// The learned prior alone: 26000 multiplications and additions a pixel.
void bench_prior(Exec& exec, int size, int repeats) {
  const Size fine{size / 3 * 3, size / 3 * 3};
  const Tile x = scene_of(fine.width, fine.height, 1, 1), y = scene_of(fine.width / 3, fine.height / 3, 1, 3);
  const StagedTile staged_x(exec, x.view()), staged_y(exec, y.view());
  const ScratchTile out(exec, whole(fine), 1);
  const NetworkOps network(exec, fine, 3, 1, 1);
  print("super-resolution by 3, the learned prior alone", double(whole(fine).area()),
        median_seconds(exec, repeats, [&] { network.correct(staged_y.view(), staged_x.view(), out.view()); }));
}

constexpr int kFeatures = 8;
constexpr int kClasses = 6;

FlatNetwork network() {
  FlatNetwork n;
  n.mean.assign(kFeatures, 127);
  n.inverse.assign(kFeatures, 0.02f);
  int number = 0;
  int inputs = kFeatures;
  for (const int outputs : {64, 64, 64, kClasses}) {
    const FlatLayer layer = n.add_layer(inputs, outputs);
    for (int o = 0; o < outputs; ++o)
      for (int i = 0; i < inputs; ++i) n.weight(layer, o, i) = 0.2f * float(std::sin(1.7 * ++number));
    inputs = outputs;
  }
  return n;
}

// Complete trees.
FlatForest forest(int trees, int depth) {
  FlatForest f;
  f.features = kFeatures;
  f.classes = kClasses;
  for (int t = 0; t < trees; ++t) {
    f.trees.push_back({int(f.nodes.size()), depth});
    const int nodes = (2 << depth) - 1;
    for (int i = 0; i < nodes; ++i) {
      const bool leaf = 2 * i + 1 >= nodes;
      const float threshold = float(127 + 100 * std::sin(0.7 * i + t));
      f.nodes.push_back(
          leaf ? ForestNode::leaf(std::uint32_t(i))
               : ForestNode::decision(threshold, std::uint32_t((i + t) % kFeatures), std::uint32_t(2 * i + 1)));
      f.leaf_class.push_back(std::uint16_t((i * 7 + t) % kClasses));
    }
  }
  return f;
}

void bench_classifiers(Exec& exec, int size, int repeats) {
  const Tile image = scene_of(size, size, kFeatures, 1);
  const StagedTile features(exec, image.view());
  const ScratchTile labels(exec, image.window(), 1);
  FeatureSources sources;
  sources.image = features.view();
  const std::vector<std::uint16_t> ids{1, 2, 3, 4, 5, 6};
  const double pixels = double(size) * size;
  const auto seconds = [&](const FlatModel& model) {
    return median_seconds(exec, repeats, [&] {
      classify_pixels(exec, model, ids, sources, {labels.view(), {}, {}, {}});
    });
  };
  const double by_network = seconds(network());
  print("network 8-64-64-64-6, labels", pixels, by_network);
  constexpr double kFlops = 2 * (8 * 64 + 64 * 64 + 64 * 64 + 64 * 6);
  std::printf("%-44s %10.2f TFLOP/s\n", "", kFlops * pixels / by_network / 1e12);
  print("forest, 100 complete trees of depth 12", pixels, seconds(forest(100, 12)));
}

}  // namespace

void bench_block_kernels(Exec& exec, int size, int repeats) {
  bench_pass(exec, size, repeats);
  bench_solver(exec, size, repeats, Quality::fast, "super-resolution by 3, fast");
  bench_solver(exec, size, repeats, Quality::balanced, "super-resolution by 3, balanced");
  bench_solver(exec, size, repeats, Quality::best, "super-resolution by 3, best");
  bench_prior(exec, size, repeats);
  bench_classifiers(exec, size, repeats);
}

}  // namespace nadir
