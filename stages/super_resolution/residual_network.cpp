// What images look like that repeat nothing: a small convolutional network that corrects the solver's result.
#include "stages/super_resolution/residual_network.h"

#include <algorithm>
#include <vector>

#include "pipeline/backend/simd.h"
#include "stages/super_resolution/convolution.h"
#include "stages/super_resolution/residual_network_tables.h"

namespace nadir {
namespace {

constexpr int kCell = 2;                          // fine pixels an edge
constexpr int kImages = 2;                        // x and where the solver started
constexpr int kInputs = kImages * kCell * kCell;  // channels of the first layer
constexpr float kLeak = 0.1f;                     // of negative values
constexpr int kCellsPerTask = 96;                 // rows; those of earlier layers around them are computed again

// The layers in the order of the table, as floats.
const std::vector<ConvolutionLayer>& layers() {
  static const std::vector<ConvolutionLayer> all = [] {
    std::vector<ConvolutionLayer> l;
    int in = kInputs;
    const std::int8_t* weights = kNetworkWeights;
    const float* steps = kNetworkSteps;
    for (const int out : kNetworkChannels) {
      l.emplace_back(in, out, weights, steps);
      weights += std::ptrdiff_t(in) * out * ConvolutionLayer::kTaps;
      steps += out;
      in = out;
    }
    l.front().remove_response_to_constants();
    return l;
  }();
  return all;
}

// Rows of cells, layer by layer, each computed when a row above asks for it. Three rows of each layer are kept.
class CellRows {
 public:
  CellRows(Simd simd, ConstTileView start, int b, ConstTileView x, Origin origin)
      : simd_(simd), start_(start.band(b)), x_(x.band(b)), shift_{origin.x & 1, origin.y & 1}, size_(x.window) {
    columns_ = cells(size_.width, shift_.x);
    rows_ = cells(size_.height, shift_.y);
    kept_.emplace_back(kInputs, columns_);
    for (const ConvolutionLayer& layer : layers()) kept_.emplace_back(layer.outputs(), columns_);
  }

  int rows() const { return rows_; }

  /// The corrections of the cells of row r; `to` holds dense rows of the image.
  void corrections(int r, float* to) {
    const ChannelRow& out = row(int(layers().size()), r);
    for (int j = 0; j < kCell; ++j) {
      const int y = kCell * r + j - shift_.y;
      if (y < 0 || y >= size_.height) continue;
      for (int x = 0; x < size_.width; ++x) {
        const int u = x + shift_.x;
        to[std::ptrdiff_t(y) * size_.width + x] = out.channel(kCell * j + u % kCell)[u / kCell];
      }
    }
  }

 private:
  static int cells(int pixels, int shift) { return ceil_div(pixels + shift, kCell); }

  // Row r of what layer `level` puts out; level 0 are the images.
  const ChannelRow& row(int level, int r) {
    r = std::clamp(r, 0, rows_ - 1);
    KeptRows& kept = kept_[std::size_t(level)];
    ChannelRow& at = kept.rows[r % 3];
    if (kept.index[r % 3] == r) return at;
    if (level == 0) {
      load(r, at);
    } else {
      const ChannelRow* around[3];
      for (int j = 0; j < 3; ++j) around[j] = &row(level - 1, r + j - 1);
      const bool last = level == int(layers().size());
      layers()[std::size_t(level - 1)].apply(simd_, around, last ? 1 : kLeak, at);
    }
    at.repeat_ends();
    kept.index[r % 3] = r;
    return at;
  }

  void load(int r, ChannelRow& to) const {
    int channel = 0;
    for (const ConstView& image : {x_, start_})
      for (int j = 0; j < kCell; ++j) {
        const float* from = image.row(std::clamp(kCell * r + j - shift_.y, 0, size_.height - 1)) - image.window.x;
        for (int i = 0; i < kCell; ++i) {
          float* out = to.channel(channel++);
          for (int c = 0; c < columns_; ++c) out[c] = from[std::clamp(kCell * c + i - shift_.x, 0, size_.width - 1)];
        }
      }
  }

  struct KeptRows {
    KeptRows(int channels, int columns) : rows(3, ChannelRow(channels, columns)) {}
    std::vector<ChannelRow> rows;
    int index[3] = {-1, -1, -1};
  };

  Simd simd_;
  ConstView start_, x_;
  Origin shift_;  ///< of the image within its first cell
  Window size_;
  int columns_, rows_;
  std::vector<KeptRows> kept_;
};

}  // namespace

void network_correction(const Exec& exec, Simd simd, ConstTileView start, int b, Origin origin, ConstTileView x,
                        float* out) {
  const int rows = CellRows(simd, start, b, x, origin).rows();
  exec.parallel(ceil_div(rows, kCellsPerTask), [&](int task) {
    CellRows cells(simd, start, b, x, origin);
    for (int r = task * kCellsPerTask; r < std::min(rows, (task + 1) * kCellsPerTask); ++r) cells.corrections(r, out);
  });
}

int network_reach() { return kCell * (int(layers().size()) + 1) - 1; }

}  // namespace nadir
