// Launches of the network that corrects the solver's result; compiled as C++ or as CUDA.
#include "stages/super_resolution/residual_network_ops.h"

#include <algorithm>
#include <utility>

#include "stages/super_resolution/residual_network_kernels.h"

namespace nadir {
namespace {

constexpr int kTaps = ConvolutionLayer::kTaps;
constexpr int kBlock = ConvolutionLayer::kBlock;

int pairs_of(const NetworkLayer& l) { return ceil_div(l.inputs, 2); }
int blocks_of(const NetworkLayer& l) { return ceil_div(l.outputs, kBlock); }

std::vector<PairWeights> pair_weights(const NetworkLayer& l) {
  std::vector<PairWeights> all(std::size_t(pairs_of(l)) * std::size_t(blocks_of(l)) * kTaps, PairWeights{});
  const std::int8_t* w = l.weights.data();
  for (int o = 0; o < l.outputs; ++o)
    for (int i = 0; i < l.inputs; ++i)
      for (int tap = 0; tap < kTaps; ++tap) {
        PairWeights& to = all[std::size_t((o / kBlock * pairs_of(l) + i / 2) * kTaps + tap)];
        to.of_output[o % kBlock] |= std::int32_t(std::uint8_t(*w++)) << 8 * (i % 2);
      }
  return all;
}

std::vector<float> whole_blocks(const NetworkLayer& l) {
  std::vector<float> scales = l.scales;
  scales.resize(std::size_t(blocks_of(l)) * kBlock);
  return scales;
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

NetworkOps::NetworkOps(Exec& exec, Size size, int scale, double centre)
    : exec_(exec),
      scale_(scale),
      columns_(scale, centre, size.width),
      rows_(scale, centre, size.height),
      in_(exec, most_cells(size, scale) * std::size_t(most_pairs(scale))),
      out_(exec, in_.size()) {
  for (const NetworkLayer& l : network_layers(scale))
    layers_.push_back({pairs_of(l), blocks_of(l), l.leak, std::make_unique<Buffer<PairWeights>>(exec, pair_weights(l)),
                       std::make_unique<Buffer<float>>(exec, whole_blocks(l))});
}

NetworkOps::~NetworkOps() = default;

void NetworkOps::correct(ConstTileView y, ConstTileView x, TileView out) const {
  const Window cells{0, 0, columns_.count, rows_.count};
  for (int b = 0; b < x.bands; ++b) {
    Channels from{in_.data(), columns_.count, rows_.count}, to{out_.data(), columns_.count, rows_.count};
    for_each(exec_, layers_.front().pairs, cells, LoadCells{y, x, b, scale_, columns_, rows_, from}, "load_cells");
    for (const Layer& l : layers_) {
      const bool first = &l == &layers_.front();
      for_each(exec_, l.blocks, cells,
               ConvolveCells{from, l.pairs, l.weights->data(), l.scales->data(), l.leak, first, to}, "convolve_cells");
      std::swap(from, to);
    }
    for_each(exec_, 1, x.window, AddCorrection{x, b, scale_, columns_, rows_, from, out}, "add_correction");
  }
}

std::size_t NetworkOps::bytes(Size size, int scale) {
  std::size_t bytes = 2 * most_cells(size, scale) * std::size_t(most_pairs(scale)) * sizeof(std::int32_t);
  for (const NetworkLayer& l : network_layers(scale))
    bytes += std::size_t(blocks_of(l)) *
             (std::size_t(pairs_of(l)) * kTaps * sizeof(PairWeights) + std::size_t(kBlock) * sizeof(float));
  return bytes;
}

}  // namespace nadir
