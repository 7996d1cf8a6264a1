// The network that corrects the solver's result: its layers, its cells and its units, for vector code and kernels.
#pragma once

#include <cstdint>
#include <vector>

namespace nadir {

constexpr int kOrientations = 8;  ///< of a square: turned, and mirrored and turned

/// 3 x 3 convolutions of `inputs` channels, each sum multiplied by `scales` and, where it is negative, by `leak`.
struct NetworkLayer {
  int inputs, outputs;
  std::vector<std::int8_t> weights;  ///< of each output those of each input, row by row
  std::vector<float> scales;         ///< of each output
  float leak;
};

/// From cells of scale x scale pixels and one sample to cells of scale x scale corrections. `scale`: see network_knows.
const std::vector<NetworkLayer>& network_layers(int scale);

/// The layers that compute in one of the eight orientations of the square (from 0, as it is): what they give is what
/// `layers` give of the image turned and mirrored, put back. The first two are half a turn apart, the first four are
/// the turns.
std::vector<NetworkLayer> turned(std::vector<NetworkLayer> layers, int scale, int orientation);

/// Channels that the first layer reads: those of the pixels of a cell, row by row, then the sample.
constexpr int network_inputs(int scale) { return scale * scale + 1; }

// Values of the first layer's input are steps from a grey level, those of the last layer's output are steps.
constexpr float kNetworkGrey = 128;
constexpr float kInputSteps = 32;        ///< a grey level
constexpr float kCorrectionSteps = 128;  ///< a grey level

/// Cells on one axis: cell i covers the fine pixels from first + i * scale on, around sample i + sample.
struct CellAxis {
  /// Sample 0 is centred on fine pixel `centre`; the cells cover [0, pixels).
  CellAxis(int scale, double centre, int pixels);
  int first, sample, count;
};

}  // namespace nadir
