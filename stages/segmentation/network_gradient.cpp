// Back-propagation over batches of 64 pixels side by side.
#include "stages/segmentation/network_gradient.h"

#include <algorithm>
#include <cmath>

#include "pipeline/backend/simd.h"
#include "stages/segmentation/elementary.h"
#include "stages/segmentation/mix.h"

namespace nadir {
namespace {

constexpr int kBatch = TrainingNetwork::kBatch;
constexpr int kParts = kBatch / kLanes;

struct Layer {
  int inputs;
  int outputs;
  const float* weights;  ///< inputs + 1 an output, the bias last
};

NADIR_INLINE const UnalignedLanes& load(const float* at) { return *reinterpret_cast<const UnalignedLanes*>(at); }

NADIR_SIMD_CLONES void forward_layer(const Layer& layer, const float* in, float* out) {
  for (int o = 0; o < layer.outputs; ++o) {
    const float* w = layer.weights + o * (layer.inputs + 1);
    UnalignedLanes sums[kParts];
    for (int p = 0; p < kParts; ++p) sums[p] = UnalignedLanes{} + w[layer.inputs];
    for (int c = 0; c < layer.inputs; ++c)
      for (int p = 0; p < kParts; ++p) sums[p] += load(in + c * kBatch + p * kLanes) * w[c];
    for (int p = 0; p < kParts; ++p) *reinterpret_cast<UnalignedLanes*>(out + o * kBatch + p * kLanes) = sums[p];
  }
}

// gradient: sums over the batch, in the order of the weights. errors_in may be null.
NADIR_SIMD_CLONES void backward_layer(const Layer& layer, const float* in, const float* errors_out, float* errors_in,
                                      float* gradient) {
  for (int o = 0; o < layer.outputs; ++o) {
    const float* e = errors_out + o * kBatch;
    for (int c = 0; c <= layer.inputs; ++c) {
      UnalignedLanes sum = {};
      for (int p = 0; p < kParts; ++p)
        sum += c < layer.inputs ? load(in + c * kBatch + p * kLanes) * load(e + p * kLanes) : load(e + p * kLanes);
      float total = 0;
      for (int i = 0; i < kLanes; ++i) total += sum[i];
      *gradient++ = total;
    }
  }
  if (!errors_in) return;
  for (int c = 0; c < layer.inputs; ++c)
    for (int p = 0; p < kParts; ++p) {
      UnalignedLanes sum = {};
      for (int o = 0; o < layer.outputs; ++o)
        sum += load(errors_out + o * kBatch + p * kLanes) * layer.weights[o * (layer.inputs + 1) + c];
      *reinterpret_cast<UnalignedLanes*>(errors_in + c * kBatch + p * kLanes) = sum;
    }
}

// softplus' = 1 - e^-softplus; what the layer gave is enough for both.
NADIR_SIMD_CLONES void activate_all(Activation a, float* values, std::size_t count) {
  if (a == Activation::relu)
    for (std::size_t i = 0; i < count; ++i) values[i] = values[i] > 0 ? values[i] : 0.0f;
  else
    for (std::size_t i = 0; i < count; ++i) values[i] = softplus(values[i]);
}

NADIR_SIMD_CLONES void through_activation(Activation a, const float* given, float* errors, std::size_t count) {
  if (a == Activation::relu)
    for (std::size_t i = 0; i < count; ++i) errors[i] = given[i] > 0 ? errors[i] : 0.0f;
  else
    for (std::size_t i = 0; i < count; ++i) errors[i] *= 1.0f - fast_exp(-given[i]);
}

}  // namespace

TrainingNetwork::TrainingNetwork(std::vector<int> units, Activation activation, std::uint64_t seed)
    : units_(std::move(units)), activation_(activation) {
  std::uint64_t counter = 0;
  const auto normal = [&] {  // Box, Muller 1958
    const double u = 1 - unit_interval(mix(seed, counter)), v = unit_interval(mix(seed, counter, 1));
    ++counter;
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979323846 * v);
  };
  for (const int n : units_) {
    values_.emplace_back(std::size_t(n) * kBatch);
    errors_.emplace_back(std::size_t(n) * kBatch);
  }
  for (std::size_t l = 0; l + 1 < units_.size(); ++l)
    for (int o = 0; o < units_[l + 1]; ++o) {
      for (int c = 0; c < units_[l]; ++c) weights_.push_back(float(normal() * std::sqrt(2.0 / units_[l])));
      weights_.push_back(0);
    }
}

const float* TrainingNetwork::forward() {
  const float* w = weights_.data();
  for (std::size_t l = 0; l + 1 < units_.size(); ++l) {
    forward_layer({units_[l], units_[l + 1], w}, values_[l].data(), values_[l + 1].data());
    if (l + 2 < units_.size()) activate_all(activation_, values_[l + 1].data(), values_[l + 1].size());
    w += (units_[l] + 1) * units_[l + 1];
  }
  return values_.back().data();
}

double TrainingNetwork::loss(const std::uint16_t* labels, const float* pixel_weights, int* correct) {
  const int classes = units_.back();
  const auto& logits = values_.back();
  double sum = 0;
  for (int i = 0; i < kBatch; ++i) {
    int best = 0;
    for (int k = 1; k < classes; ++k)
      if (logits[std::size_t(k * kBatch + i)] > logits[std::size_t(best * kBatch + i)]) best = k;
    double total = 0;
    const double top = double(logits[std::size_t(best * kBatch + i)]);
    for (int k = 0; k < classes; ++k) total += std::exp(double(logits[std::size_t(k * kBatch + i)]) - top);
    for (int k = 0; k < classes; ++k) {
      const double p = std::exp(double(logits[std::size_t(k * kBatch + i)]) - top) / total;
      errors_.back()[std::size_t(k * kBatch + i)] = float(p - (k == labels[i])) * pixel_weights[i];
    }
    sum -= double(pixel_weights[i]) * (double(logits[std::size_t(labels[i] * kBatch + i)]) - top - std::log(total));
    if (correct && pixel_weights[i] > 0) *correct += best == labels[i];
  }
  return sum;
}

double TrainingNetwork::backward(const std::uint16_t* labels, const float* pixel_weights,
                                 std::vector<float>& gradient) {
  const double sum = loss(labels, pixel_weights, nullptr);
  gradient.resize(weights_.size());
  std::size_t end = weights_.size();
  for (std::size_t l = units_.size() - 1; l-- > 0;) {
    end -= std::size_t((units_[l] + 1) * units_[l + 1]);
    backward_layer({units_[l], units_[l + 1], weights_.data() + end}, values_[l].data(), errors_[l + 1].data(),
                   l > 0 ? errors_[l].data() : nullptr, gradient.data() + end);
    if (l > 0) through_activation(activation_, values_[l].data(), errors_[l].data(), errors_[l].size());
  }
  return sum;
}

Network TrainingNetwork::finish(Scaling scaling) const {
  Network network{std::move(scaling), activation_, {}};
  const float* w = weights_.data();
  for (std::size_t l = 0; l + 1 < units_.size(); ++l) {
    NetworkLayer layer = NetworkLayer::zeros(units_[l], units_[l + 1]);
    for (int o = 0; o < units_[l + 1]; ++o) {
      for (int c = 0; c < units_[l]; ++c) layer.weight(o, c) = *w++;
      layer.bias[std::size_t(o)] = *w++;
    }
    network.layers.push_back(std::move(layer));
  }
  return network;
}

}  // namespace nadir
