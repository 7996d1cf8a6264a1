// Fused evaluation of small networks.
#include "stages/segmentation/network.h"

#include <algorithm>
#include <cmath>

#include "pipeline/backend/simd.h"
#include "stages/segmentation/elementary.h"

namespace nadir {
namespace {

constexpr int kSums = 4;                   // outputs that are summed up together
constexpr int kVectors = 4;                // of pixels side by side: 4 x 4 sums hide the latency of AVX-512's adder
constexpr int kBlock = kVectors * kLanes;  // px whose activations stay in the nearest cache

// One rounding, by the C library where the machine has no such instruction. It is also the only way to this machine's
// peak: product and sum apart, as 512-bit instructions in turns, run at 0.72 of it.
NADIR_INLINE void multiply_add(Lanes& sum, const Lanes& x, float weight) {
  for (int i = 0; i < kLanes; ++i) sum[i] = std::fma(x[i], weight, sum[i]);
}

// Outputs first to first + kSums. `in` and `out` hold a row of kBlock pixels a unit.
NADIR_INLINE void run_outputs(const NetworkLayer& layer, int first, const float* in, float* out) {
  const float* weights = layer.weights.data() + layer.place(first, 0);
  Lanes sums[kSums][kVectors];
  for (int r = 0; r < kSums; ++r)
    for (int v = 0; v < kVectors; ++v) sums[r][v] = Lanes{} + layer.bias[std::size_t(first + r)];
  for (int c = 0; c < layer.inputs; ++c, weights += NetworkLayer::kRows, in += kBlock) {
    const Lanes* x = reinterpret_cast<const Lanes*>(in);
    for (int r = 0; r < kSums; ++r)
      for (int v = 0; v < kVectors; ++v) multiply_add(sums[r][v], x[v], weights[r]);
  }
  for (int r = 0; r < kSums; ++r)
    for (int v = 0; v < kVectors; ++v) reinterpret_cast<Lanes*>(out + (first + r) * kBlock)[v] = sums[r][v];
}

NADIR_INLINE void activate(Activation activation, float* values, int count) {
  if (activation == Activation::relu)
    for (int i = 0; i < count; ++i) values[i] = values[i] > 0 ? values[i] : 0.0f;
  else
    for (int i = 0; i < count; ++i) values[i] = softplus(values[i]);
}

// What is beyond `count` is computed from whatever lies there and thrown away.
NADIR_SIMD_CLONES void run_block(const Network& network, const float* features, int count, std::ptrdiff_t stride,
                                 float* logits, float* here, float* there) {
  for (int f = 0; f < network.inputs(); ++f)
    for (int i = 0; i < kBlock; ++i)
      here[f * kBlock + i] = i < count ? (features[f * stride + i] - network.scaling.mean[std::size_t(f)]) *
                                             network.scaling.inverse[std::size_t(f)]
                                       : 0.0f;
  for (const NetworkLayer& layer : network.layers) {
    for (int first = 0; first < layer.outputs; first += kSums) run_outputs(layer, first, here, there);
    if (&layer != &network.layers.back()) activate(network.activation, there, layer.outputs * kBlock);
    std::swap(here, there);
  }
  for (int k = 0; k < network.layers.back().outputs; ++k) std::copy_n(here + k * kBlock, count, logits + k * stride);
}

}  // namespace

NetworkLayer NetworkLayer::zeros(int inputs, int outputs) {
  NetworkLayer layer{inputs, outputs, {}, {}};
  layer.weights.resize(std::size_t(layer.groups() * kRows * inputs));
  layer.bias.resize(std::size_t(layer.groups() * kRows));
  return layer;
}

int Network::widest() const {
  int widest = inputs();
  for (const NetworkLayer& l : layers) widest = std::max(widest, l.groups() * NetworkLayer::kRows);
  return widest;
}

void run_network(const Network& network, const float* features, int count, std::ptrdiff_t stride, float* logits) {
  const std::size_t room = std::size_t(network.widest()) * kBlock;
  AlignedFloats memory(2 * room);
  for (int i = 0; i < count; i += kBlock)
    run_block(network, features + i, std::min(kBlock, count - i), stride, logits + i, memory.data(),
              memory.data() + room);
}

NetworkClassifier::NetworkClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, Network network)
    : Classifier(std::move(spec), std::move(classes)), network_(std::move(network)) {}

std::shared_ptr<Classifier> NetworkClassifier::read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in) {
  Network n;
  n.activation = in.take<std::uint8_t>() == 0 ? Activation::relu : Activation::softplus;
  n.scaling = {in.take_list<float>(), in.take_list<float>()};
  std::size_t inputs = n.scaling.mean.size();
  const std::size_t layers = in.take_count(8);
  for (std::size_t l = 0; l < layers; ++l) {
    const int outputs = in.take<std::int32_t>();
    NetworkLayer layer{int(inputs), outputs, in.take_list<float>(), in.take_list<float>()};
    const auto padded = std::size_t(layer.groups()) * NetworkLayer::kRows;
    if (outputs < 1 || layer.weights.size() != padded * inputs || layer.bias.size() != padded)
      throw Error(Fault::data, "holds a network whose layers do not fit each other");
    inputs = std::size_t(outputs);
    n.layers.push_back(std::move(layer));
  }
  if (n.layers.empty() || inputs != classes.size() || n.scaling.inverse.size() != n.scaling.mean.size())
    throw Error(Fault::data, "holds a network that does not fit its features and classes");
  return std::make_shared<NetworkClassifier>(std::move(spec), std::move(classes), std::move(n));
}

void NetworkClassifier::score(const float* features, int count, std::ptrdiff_t stride, float* scores) const {
  run_network(network_, features, count, stride, scores);
}

double NetworkClassifier::flops() const {
  double sum = 0;
  for (const NetworkLayer& l : network_.layers) sum += 2.0 * l.inputs * l.outputs;
  return sum;
}

void NetworkClassifier::describe_method(Record& record) const {
  std::vector<double> units;
  for (const NetworkLayer& l : network_.layers) units.push_back(l.outputs);
  units.pop_back();
  record.set("hidden_units", units);
  record.set("activation", std::string(network_.activation == Activation::relu ? "relu" : "softplus"));
}

void NetworkClassifier::write_body(ByteWriter& out) const {
  out.put(std::uint8_t(network_.activation == Activation::softplus));
  out.put(network_.scaling.mean);
  out.put(network_.scaling.inverse);
  out.put(std::uint64_t(network_.layers.size()));
  for (const NetworkLayer& l : network_.layers) {
    out.put(std::int32_t(l.outputs));
    out.put(l.weights);
    out.put(l.bias);
  }
}

}  // namespace nadir
