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

HD inline int limited(int i, int count) { return i < 0 ? 0 : (i < count ? i : count - 1); }

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

/// One layer; at every four outputs of four cells side by side, which share what is loaded: for 16 products of two
/// channels one load of weights and, on average, two of inputs.
struct ConvolveCells {
  static constexpr int kEdge = ConvolutionLayer::kEdge;
  static constexpr int kOutputs = ConvolutionLayer::kBlock;
  static constexpr int kCells = 4;

  Channels from;
  int pairs;
  const PairWeights* weights;  ///< [outputs / 4][pair][tap]
  const float* scales;
  float leak;
  bool repeats;  ///< beyond the edges are the outermost cells again, else zeros
  Channels to;

  HD void operator()(int block, int group, int v) const {
    const int u = group * kCells;
    std::int32_t sum[kCells][kOutputs] = {};
    for (int j = 0; j < kEdge; ++j) {
      const int y = v + j - 1;
      if (!repeats && (y < 0 || y >= from.rows)) continue;
      const PairWeights* w = weights + std::ptrdiff_t(block) * pairs * kEdge * kEdge + j * kEdge;
      for (int p = 0; p < pairs; ++p, w += kEdge * kEdge) {
        std::int32_t in[kCells + kEdge - 1];
        for (int i = 0; i < kCells + kEdge - 1; ++i) in[i] = value(p, u + i - 1, y);
        for (int k = 0; k < kEdge; ++k) {
          const PairWeights at = w[k];
          for (int c = 0; c < kCells; ++c)
            for (int r = 0; r < kOutputs; ++r) sum[c][r] = add_product(in[c + k], at.of_output[r], sum[c][r]);
        }
      }
    }
    for (int c = 0; c < kCells && u + c < to.columns; ++c)
      for (int r = 0; r < kOutputs; r += 2) {
        const int output = kOutputs * block + r;
        to.at(output / 2, u + c, v) =
            pair_of_channels(finished(sum[c][r], output), finished(sum[c][r + 1], output + 1));
      }
  }

 private:
  HD std::int32_t value(int pair, int x, int y) const {
    if (repeats) return from.at(pair, limited(x, from.columns), limited(y, from.rows));
    return x < 0 || x >= from.columns ? 0 : from.at(pair, x, y);
  }

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

/// out := the sum of the corrections of one band so far, in steps; at last x plus their mean.
struct AddCorrection {
  ConstTileView x;
  int band, scale;
  CellAxis columns, rows;
  Channels from;
  int added, orientations;  ///< before this one; in all
  TileView out;

  HD void operator()(int, int u, int v) const {
    const int i = u - columns.first, j = v - rows.first;
    const int channel = j % scale * scale + i % scale;
    const std::int32_t both = from.at(channel / 2, i / scale, j / scale);
    const int value = channel % 2 ? both >> 16 : std::int16_t(both);
    const float sum = (added ? out(band, u, v) : 0) + float(value);
    const bool last = added + 1 == orientations;
    out(band, u, v) = last ? x(band, u, v) + sum / (kCorrectionSteps * float(orientations)) : sum;
  }
};

}  // namespace nadir
