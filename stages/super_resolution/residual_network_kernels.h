// The network that corrects the solver's result as functors, with the bits of the vector code.
#pragma once

#include "pipeline/backend/launch.h"
#include "stages/super_resolution/convolution.h"
#include "stages/super_resolution/residual_network_layers.h"

namespace nadir {

/// Where channels lie: of each pair of them a number a cell, row by row, the first channel in its lower half.
struct Channels {
  std::int32_t* pairs;
  int columns, rows;

  HD std::int32_t& at(int pair, int x, int y) const { return pairs[(std::ptrdiff_t(pair) * rows + y) * columns + x]; }
};

HD inline std::int32_t pair_of_channels(int low, int high) {
  return std::int32_t((std::uint32_t(low) & 0xffffu) | std::uint32_t(high) << 16);
}

/// What the first layer reads, of one band; at every pair of channels.
struct LoadCells {
  ConstTileView y, x;
  int band, scale;
  CellAxis columns, rows;
  Channels to;

  HD void operator()(int pair, int u, int v) const {
    to.at(pair, u, v) = pair_of_channels(value(2 * pair, u, v), value(2 * pair + 1, u, v));
  }

 private:
  HD static int limited(int i, int count) { return i < 0 ? 0 : (i < count ? i : count - 1); }

  HD int value(int channel, int u, int v) const {
    float sample = kNetworkGrey;
    if (channel < scale * scale)
      sample = x(band, limited(columns.first + u * scale + channel % scale, x.window.width),
                 limited(rows.first + v * scale + channel / scale, x.window.height));
    else if (channel == scale * scale)
      sample = y(band, limited(u + columns.sample, y.window.width), limited(v + rows.sample, y.window.height));
    return to_channel_value(kInputSteps * (sample - kNetworkGrey));
  }
};

/// Of one pair of inputs and one tap the weights of four outputs, each with the pair's in its two lowest bytes.
struct alignas(16) PairWeights {
  std::int32_t of_output[ConvolutionLayer::kBlock];
};

/// One layer; at every four outputs.
struct ConvolveCells {
  static constexpr int kEdge = ConvolutionLayer::kEdge;
  static constexpr int kOutputs = ConvolutionLayer::kBlock;

  Channels from;
  int pairs;
  const PairWeights* weights;  ///< [outputs / 4][pair][tap]
  const float* scales;
  float leak;
  bool repeats;  ///< beyond the edges are the outermost cells again, else zeros
  Channels to;

  HD void operator()(int block, int u, int v) const {
    std::int32_t sum[kOutputs] = {};
    for (int j = 0; j < kEdge; ++j)
      for (int k = 0; k < kEdge; ++k) {
        int x = u + k - 1, y = v + j - 1;
        if (x < 0 || y < 0 || x >= from.columns || y >= from.rows) {
          if (!repeats) continue;
          x = x < 0 ? 0 : (x < from.columns ? x : from.columns - 1);
          y = y < 0 ? 0 : (y < from.rows ? y : from.rows - 1);
        }
        const PairWeights* w = weights + std::ptrdiff_t(block) * pairs * kEdge * kEdge + j * kEdge + k;
        for (int p = 0; p < pairs; ++p, w += kEdge * kEdge) {
          const std::int32_t in = from.at(p, x, y);
          for (int r = 0; r < kOutputs; ++r) sum[r] = add_product(in, w->of_output[r], sum[r]);
        }
      }
    for (int r = 0; r < kOutputs; r += 2)
      to.at((kOutputs * block + r) / 2, u, v) =
          pair_of_channels(finished(sum[r], kOutputs * block + r), finished(sum[r + 1], kOutputs * block + r + 1));
  }

 private:
  HD int finished(std::int32_t sum, int output) const {
    const float f = float(sum) * scales[output];
    return to_channel_value(f > 0 ? f : leak * f);
  }

  HD static std::int32_t add_product(std::int32_t in, std::int32_t w, std::int32_t sum) {
#if defined(__CUDA_ARCH__)
    return __dp2a_lo(in, w, sum);
#else
    return sum + std::int16_t(in) * std::int8_t(w) + (in >> 16) * std::int8_t(w >> 8);
#endif
  }
};

/// out := x + the correction of one band.
struct AddCorrection {
  ConstTileView x;
  int band, scale;
  CellAxis columns, rows;
  Channels from;
  TileView out;

  HD void operator()(int, int u, int v) const {
    const int i = u - columns.first, j = v - rows.first;
    const int channel = j % scale * scale + i % scale;
    const std::int32_t both = from.at(channel / 2, i / scale, j / scale);
    const int value = channel % 2 ? both >> 16 : std::int16_t(both);
    out(band, u, v) = x(band, u, v) + float(value) / kCorrectionSteps;
  }
};

}  // namespace nadir
