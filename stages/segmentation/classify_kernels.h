// Classifiers as functors: whole networks and forests in one kernel, whose features, activations and votes do not leave
// what the threads of a block share.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "pipeline/backend/launch_blocks.h"
#include "stages/segmentation/classify_ops.h"
#include "stages/segmentation/elementary.h"

namespace nadir {

/// The pixels of a window one after the other, row by row, and what is written to them. Numbers of pixels, also those
/// of the last block beyond the window, stay within 32 bits.
struct PixelsToClassify {
  Window window;
  FeatureSources features;
  ClassifiedViews out;
  const std::uint16_t* ids;
  int classes;

  struct Place {
    int x, y;
    bool inside;  // of the window
  };
  HD Place place_of(std::uint32_t pixel) const {
    const std::uint32_t width = std::uint32_t(window.width);
    const std::uint32_t row = pixel / width;
    return {window.x + int(pixel - row * width), window.y + int(row), row < std::uint32_t(window.height)};
  }

  /// `share(k)` is the probability of class k.
  template <class Share>
  HD void put(const Place& place, int winner, const Share& share) const {
    const int u = place.x;
    const int v = place.y;
    const std::uint8_t valid = features.image.mask()(u, v);
    const float id = valid ? float(ids[winner]) : 0.0f;
    const float confidence = valid ? share(winner) : 0.0f;
    put_one(out.labels, 0, u, v, valid, id);
    put_one(out.confidence, 0, u, v, valid, confidence);
    put_one(out.rated, 0, u, v, valid, id);
    put_one(out.rated, 1, u, v, valid, confidence);
    if (!out.probabilities.window.contains(u, v)) return;
    for (int k = 0; k < classes; ++k) put_one(out.probabilities, k, u, v, valid, valid ? share(k) : 0.0f);
  }

 private:
  HD static void put_one(const TileView& view, int b, int u, int v, std::uint8_t valid, float value) {
    if (!view.window.contains(u, v)) return;
    view(b, u, v) = value;
    if (b == 0) view.mask()(u, v) = valid;
  }
};

/// The first of the greatest of n numbers `stride` apart, as find_winners finds it.
template <class T>
HD int first_greatest(const T* scores, int n, int stride) {
  int winner = 0;
  for (int k = 1; k < n; ++k)
    if (scores[k * stride] > scores[winner * stride]) winner = k;
  return winner;
}

/// Four numbers that are loaded at once.
struct alignas(16) FourFloats {
  float at[4];
};

/// A block takes 64 kEach pixels through all layers; each thread sums up 8 outputs of kEach pixels, four threads
/// different outputs of the same pixels. The weights of 32 outputs are brought in at once.
template <int kEach>
struct ClassifyByNetwork {
  static constexpr int kAcross = 64;
  static constexpr int kPixels = kAcross * kEach;
  static constexpr int kGroups = 4;  // of outputs at once
  static constexpr int kThreads = kAcross * kGroups;
  static constexpr int kMostLayers = 8;
  static constexpr int kUnits = FlatLayer::kUnits;
  static constexpr int kFours = kUnits / 4;

  PixelsToClassify pixels;
  const float* mean;
  const float* inverse;
  const float* numbers;
  FlatLayer layers[kMostLayers];
  int layer_count;
  int feature_count;
  int widest;  ///< units of a layer, padded, or features
  bool softplus_units;

  std::size_t shared_bytes() const { return sizeof(float) * std::size_t(widest) * (2 * kPixels + kGroups * kUnits); }
  HD int phases(int) const {
    int sum = 2;
    for (int l = 0; l < layer_count; ++l) sum += 2 * steps_of(layers[l]);
    return sum;
  }

  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    float* here = reinterpret_cast<float*>(memory);  // [unit][pixel]
    float* there = here + widest * kPixels;
    FourFloats* const weights = reinterpret_cast<FourFloats*>(there + widest * kPixels);  // [group][input][unit]
    if (phase == 0) return scale_features(here, place_of(block, thread), thread);
    int step = phase - 1;
    for (int l = 0; l < layer_count; ++l) {
      const int steps = 2 * steps_of(layers[l]);
      if (step < steps) {
        const int group = step / 2 * kGroups;
        return step % 2 == 0 ? bring_weights(layers[l], group, weights, thread)
                             : sum_up(layers[l], group, weights, here, there, thread);
      }
      step -= steps;
      float* const swapped = here;
      here = there;
      there = swapped;
    }
    if (thread < kPixels) conclude(here + thread, place_of(block, thread));
  }

 private:
  static_assert(kThreads % kPixels == 0);

  HD static int groups_of(const FlatLayer& l) { return (l.outputs + kUnits - 1) / kUnits; }
  HD static int steps_of(const FlatLayer& l) { return (groups_of(l) + kGroups - 1) / kGroups; }

  // Of the pixel whose features, or scores, are a thread's.
  HD PixelsToClassify::Place place_of(int block, int thread) const {
    return pixels.place_of(std::uint32_t(block) * kPixels + std::uint32_t(thread % kPixels));
  }

  HD void scale_features(float* to, const PixelsToClassify::Place& place, int thread) const {
    for (int f = thread / kPixels; f < feature_count; f += kThreads / kPixels) {
      const float value = place.inside ? pixels.features.at(f, place.x, place.y) : 0.0f;
      to[f * kPixels + thread % kPixels] = (value - mean[f]) * inverse[f];
    }
  }

  HD void bring_weights(const FlatLayer& layer, int first_group, FourFloats* weights, int thread) const {
    const int left = groups_of(layer) - first_group;
    const int count = (left < kGroups ? left : kGroups) * layer.inputs * kUnits;
    const float* from = numbers + layer.weights + first_group * layer.inputs * kUnits;
    for (int i = thread; i < count; i += kThreads) weights[i / 4].at[i % 4] = from[i];
  }

  HD void sum_up(const FlatLayer& layer, int first_group, const FourFloats* weights, const float* in, float* out,
                 int thread) const {
    const int group = first_group + thread / kAcross;
    if (group >= groups_of(layer)) return;
    const float* bias = numbers + layer.biases + group * kUnits;
    const FourFloats* w = weights + thread / kAcross * layer.inputs * kFours;
    const float* x = in + thread % kAcross;
    float sums[kEach][kUnits];
    for (int e = 0; e < kEach; ++e)
      for (int r = 0; r < kUnits; ++r) sums[e][r] = bias[r];
    for (int c = 0; c < layer.inputs; ++c, w += kFours, x += kPixels) {
      FourFloats four[kFours];
      for (int i = 0; i < kFours; ++i) four[i] = w[i];
      for (int e = 0; e < kEach; ++e) {
        const float value = x[e * kAcross];
        for (int r = 0; r < kUnits; ++r) sums[e][r] = fmaf(value, four[r / 4].at[r % 4], sums[e][r]);
      }
    }
    float* const to = out + group * kUnits * kPixels + thread % kAcross;
    for (int e = 0; e < kEach; ++e)
      for (int r = 0; r < kUnits; ++r) to[r * kPixels + e * kAcross] = layer.last ? sums[e][r] : activated(sums[e][r]);
  }

  HD float activated(float v) const { return softplus_units ? softplus(v) : v > 0 ? v : 0.0f; }

  // The scores become probabilities as scores_to_probabilities makes them, in their place.
  HD void conclude(float* scores, const PixelsToClassify::Place& place) const {
    if (!place.inside) return;
    const int winner = first_greatest(scores, pixels.classes, kPixels);
    float most = scores[0];
    for (int k = 1; k < pixels.classes; ++k) most = most < scores[k * kPixels] ? scores[k * kPixels] : most;
    float sum = 0;
    for (int k = 0; k < pixels.classes; ++k) {
      const float e = fast_exp(scores[k * kPixels] - most);
      scores[k * kPixels] = e;
      sum += e;
    }
    pixels.put(place, winner, [&](int k) { return scores[k * kPixels] / sum; });
  }
};

/// A thread walks one pixel through all trees.
struct ClassifyByForest {
  static constexpr int kThreads = 128;

  PixelsToClassify pixels;
  const FlatForest::Tree* trees;
  const ForestNode* nodes;
  const std::uint16_t* leaf_class;
  int tree_count;
  int feature_count;

  std::size_t shared_bytes() const {
    return kThreads *
           (sizeof(float) * std::size_t(feature_count) + sizeof(std::uint16_t) * std::size_t(pixels.classes));
  }
  HD int phases(int) const { return 1; }

  HD void operator()(int block, int, int thread, std::byte* memory) const {
    const PixelsToClassify::Place place = pixels.place_of(std::uint32_t(block) * kThreads + std::uint32_t(thread));
    if (!place.inside) return;
    float* const features = reinterpret_cast<float*>(memory) + thread;
    std::uint16_t* const votes =
        reinterpret_cast<std::uint16_t*>(memory + sizeof(float) * std::size_t(feature_count * kThreads)) + thread;
    for (int f = 0; f < feature_count; ++f) features[f * kThreads] = pixels.features.at(f, place.x, place.y);
    for (int k = 0; k < pixels.classes; ++k) votes[k * kThreads] = 0;
    for (int t = 0; t < tree_count; ++t) ++votes[leaf_class[walk(trees[t], features)] * kThreads];
    const int winner = first_greatest(votes, pixels.classes, kThreads);
    pixels.put(place, winner, [&](int k) { return float(votes[k * kThreads]) / float(tree_count); });
  }

 private:
  HD int walk(const FlatForest::Tree& tree, const float* features) const {
    std::uint32_t at = 0;
    for (int step = 0; step < tree.depth; ++step) {
      const ForestNode node = nodes[tree.first + int(at)];
      const std::uint32_t next = node.left() + (features[int(node.feature()) * kThreads] > node.threshold);
      if (next == at) break;  // a leaf
      at = next;
    }
    return tree.first + int(at);
  }
};

}  // namespace nadir
