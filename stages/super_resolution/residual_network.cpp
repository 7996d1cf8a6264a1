// What images look like that repeat nothing: a small convolutional network that corrects the solver's result.
#include "stages/super_resolution/residual_network.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stages/super_resolution/convolution.h"
#include "stages/super_resolution/residual_network_layers.h"

namespace nadir {
namespace {

constexpr int kCellsPerTask = 96;  // rows; those of earlier layers around them are computed again

using Layers = std::vector<ConvolutionLayer>;

std::vector<Layers> in_all_orientations(int scale) {
  std::vector<Layers> all;
  const std::vector<NetworkLayer>& upright = network_layers(scale);
  for (int orientation = 0; orientation < kOrientations; ++orientation) {
    Layers& layers = all.emplace_back();
    for (const NetworkLayer& l : turned(upright, scale, orientation))
      layers.emplace_back(l.inputs, l.outputs, l.weights.data(), l.scales.data(), l.leak);
  }
  return all;
}

const Layers& layers_of(int scale, int orientation) {
  static const std::vector<Layers> networks[] = {in_all_orientations(3), in_all_orientations(4)};
  return networks[scale - 3][std::size_t(orientation)];
}

// Rows of cells, layer by layer, each computed when a row above asks for it. Three rows of each layer are kept.
class CellRows {
 public:
  CellRows(Simd simd, ConstTileView y, int b, ConstTileView x, int scale, double centre, int orientation)
      : simd_(simd),
        scale_(scale),
        layers_(layers_of(scale, orientation)),
        y_(y.band(b)),
        x_(x.band(b)),
        columns_(scale, centre, x.window.width),
        rows_(scale, centre, x.window.height) {
    kept_.emplace_back(network_inputs(scale), columns_.count);
    for (const ConvolutionLayer& layer : layers_) kept_.emplace_back(layer.outputs(), columns_.count);
  }

  /// The corrections of the cells of row r, in steps; `to` holds dense rows of the image.
  void corrections(int r, std::int16_t* to) {
    const ChannelRow& out = *row(int(layers_.size()), r);
    const Size size{x_.window.width, x_.window.height};
    for (int j = 0; j < scale_; ++j) {
      const int y = rows_.first + scale_ * r + j;
      if (y < 0 || y >= size.height) continue;
      for (int x = 0; x < size.width; ++x) {
        const int u = x - columns_.first;
        to[std::ptrdiff_t(y) * size.width + x] = out.value(scale_ * j + u % scale_, u / scale_);
      }
    }
  }

 private:
  // Row r of what layer `level` puts out; level 0 are the images, which continue as they end. Else none beyond.
  const ChannelRow* row(int level, int r) {
    if (level == 0) r = std::clamp(r, 0, rows_.count - 1);
    KeptRows& kept = kept_[std::size_t(level)];
    if (r < 0 || r >= rows_.count) return &kept.beyond;
    ChannelRow& at = kept.rows[std::size_t(r % 3)];
    if (kept.index[r % 3] == r) return &at;
    if (level == 0) {
      load(r, at);
      at.repeat_ends();
    } else {
      const ChannelRow* around[3];
      for (int j = 0; j < 3; ++j) around[j] = row(level - 1, r + j - 1);
      layers_[std::size_t(level - 1)].apply(simd_, around, at);
      at.clear_ends();
    }
    kept.index[r % 3] = r;
    return &at;
  }

  void load(int r, ChannelRow& to) const {
    for (int j = 0; j < scale_; ++j) {
      const int y = std::clamp(rows_.first + scale_ * r + j, 0, x_.window.height - 1);
      const float* from = x_.row(y) - x_.window.x;
      for (int i = 0; i < scale_; ++i)
        for (int c = 0; c < columns_.count; ++c)
          to.set_value(scale_ * j + i, c,
                       steps(from[std::clamp(columns_.first + scale_ * c + i, 0, x_.window.width - 1)]));
    }
    const float* samples = y_.row(std::clamp(r + rows_.sample, 0, y_.window.height - 1)) - y_.window.x;
    for (int c = 0; c < columns_.count; ++c)
      to.set_value(scale_ * scale_, c, steps(samples[std::clamp(c + columns_.sample, 0, y_.window.width - 1)]));
  }

  static std::int16_t steps(float sample) { return to_channel_value(kInputSteps * (sample - kNetworkGrey)); }

  struct KeptRows {
    KeptRows(int channels, int columns) : rows(3, ChannelRow(channels, columns)), beyond(channels, columns) {}
    std::vector<ChannelRow> rows;
    ChannelRow beyond;  ///< zeros
    int index[3] = {-1, -1, -1};
  };

  Simd simd_;
  int scale_;
  const Layers& layers_;
  ConstView y_, x_;
  CellAxis columns_, rows_;
  std::vector<KeptRows> kept_;
};

}  // namespace

void network_correction(const Exec& exec, Simd simd, ConstTileView y, int b, ConstTileView x, int scale, double centre,
                        int orientations, float* out) {
  const auto pixels = std::size_t(x.window.area());
  std::vector<std::int16_t> steps(pixels * std::size_t(orientations));
  const int rows = CellAxis(scale, centre, x.window.height).count;
  exec.parallel(orientations * ceil_div(rows, kCellsPerTask), [&](int task) {
    const int orientation = task % orientations, first = task / orientations * kCellsPerTask;
    CellRows cells(simd, y, b, x, scale, centre, orientation);
    for (int r = first; r < std::min(rows, first + kCellsPerTask); ++r)
      cells.corrections(r, &steps[pixels * std::size_t(orientation)]);
  });
  for (std::size_t i = 0; i < pixels; ++i) {
    int sum = 0;
    for (int orientation = 0; orientation < orientations; ++orientation)
      sum += steps[pixels * std::size_t(orientation) + i];
    out[i] = float(sum) / (kCorrectionSteps * float(orientations));
  }
}

int network_reach(int scale) { return scale * (int(network_layers(scale).size()) + 1) - 1; }

}  // namespace nadir
