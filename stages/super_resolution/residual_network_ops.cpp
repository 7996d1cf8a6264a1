// Launches of the network that corrects the solver's result; compiled as C++ or as CUDA.
#include "stages/super_resolution/residual_network_ops.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "stages/super_resolution/residual_network_kernels.h"

namespace nadir {
namespace {

constexpr int kTaps = ConvolutionLayer::kTaps;
constexpr int kBlock = ConvolutionLayer::kBlock;

int pairs_of(const NetworkLayer& l) { return ceil_div(l.inputs, 2); }
int blocks_of(const NetworkLayer& l) { return ceil_div(l.outputs, kBlock); }

void append_pair_weights(const NetworkLayer& l, std::vector<PairWeights>& all) {
  const std::size_t first = all.size();
  all.resize(first + std::size_t(pairs_of(l)) * std::size_t(blocks_of(l)) * kTaps, PairWeights{});
  const std::int8_t* w = l.weights.data();
  for (int o = 0; o < l.outputs; ++o)
    for (int i = 0; i < l.inputs; ++i)
      for (int tap = 0; tap < kTaps; ++tap) {
        PairWeights& to = all[first + std::size_t((o / kBlock * pairs_of(l) + i / 2) * kTaps + tap)];
        to.of_output[o % kBlock] |= std::int32_t(std::uint8_t(*w++)) << 8 * (i % 2);
      }
}

// The most that a layer reads or writes for a cell.
int most_pairs(int scale) {
  int most = 0;
  for (const NetworkLayer& l : network_layers(scale)) most = std::max({most, pairs_of(l), blocks_of(l) * kBlock / 2});
  return most;
}

// One more than is covered at least, for cells may begin before the image.
std::size_t most_cells(Size size, int scale) {
  return std::size_t(ceil_div(size.width, scale) + 1) * std::size_t(ceil_div(size.height, scale) + 1);
}

}  // namespace

// The layers of the network in all orientations, one after the other.
struct PackedNetwork {
  struct Layer {
    int pairs, blocks;  // of inputs; of four outputs
    float leak;
    std::size_t weights, scales;  // where they begin
  };
  std::vector<PairWeights> weights;
  std::vector<float> scales;
  std::vector<std::vector<Layer>> orientations;

  explicit PackedNetwork(int scale) {
    for (int orientation = 0; orientation < kOrientations; ++orientation) {
      std::vector<Layer>& layers = orientations.emplace_back();
      for (const NetworkLayer& l : turned(network_layers(scale), scale, orientation)) {
        layers.push_back({pairs_of(l), blocks_of(l), l.leak, weights.size(), scales.size()});
        append_pair_weights(l, weights);
        scales.insert(scales.end(), l.scales.begin(), l.scales.end());
        scales.resize(layers.back().scales + std::size_t(blocks_of(l)) * kBlock);
      }
    }
  }
  std::span<const PairWeights> weights_of(int count) const {
    return std::span(weights).first(weights.size() / kOrientations * std::size_t(count));
  }
  std::span<const float> scales_of(int count) const {
    return std::span(scales).first(scales.size() / kOrientations * std::size_t(count));
  }
};

namespace {

const PackedNetwork& packed_network(int scale) {
  static const PackedNetwork networks[] = {PackedNetwork(3), PackedNetwork(4)};
  return networks[scale - 3];
}

}  // namespace

NetworkOps::NetworkOps(Exec& exec, Size size, int scale, double centre, int orientations)
    : exec_(exec),
      scale_(scale),
      orientations_(orientations),
      columns_(scale, centre, size.width),
      rows_(scale, centre, size.height),
      network_(packed_network(scale)),
      weights_(std::make_unique<Buffer<PairWeights>>(exec, network_.weights_of(orientations))),
      scales_(exec, network_.scales_of(orientations)),
      in_(exec, most_cells(size, scale) * std::size_t(most_pairs(scale))),
      out_(exec, in_.size()) {}

NetworkOps::~NetworkOps() = default;

void NetworkOps::correct(ConstTileView y, ConstTileView x, TileView out) const {
  const Window cells{0, 0, columns_.count, rows_.count};
  const Window groups{0, 0, ceil_div(columns_.count, ConvolveCells::kCells), rows_.count};
  for (int b = 0; b < x.bands; ++b)
    for (int orientation = 0; orientation < orientations_; ++orientation) {
      Channels from{in_.data(), columns_.count, rows_.count}, to{out_.data(), columns_.count, rows_.count};
      const auto& layers = network_.orientations[std::size_t(orientation)];
      for_each(exec_, layers.front().pairs, cells, LoadCells{y, x, b, scale_, columns_, rows_, from}, "load_cells");
      for (const PackedNetwork::Layer& l : layers) {
        const bool first = &l == &layers.front();
        for_each(
            exec_, l.blocks, groups,
            ConvolveCells{from, l.pairs, weights_->data() + l.weights, scales_.data() + l.scales, l.leak, first, to},
            "convolve_cells");
        std::swap(from, to);
      }
      for_each(exec_, 1, x.window, AddCorrection{x, b, scale_, columns_, rows_, from, orientation, orientations_, out},
               "add_correction");
    }
}

std::size_t NetworkOps::bytes(Size size, int scale, int orientations) {
  const PackedNetwork& network = packed_network(scale);
  return 2 * most_cells(size, scale) * std::size_t(most_pairs(scale)) * sizeof(std::int32_t) +
         network.weights_of(orientations).size_bytes() + network.scales_of(orientations).size_bytes();
}

}  // namespace nadir
