// Layers of a convolutional network on rows of channels, in integers: one result on all machines.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/host_device.h"
#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// One row of each channel, as 16-bit numbers, with room for a neighbour at both ends and for whole vectors. Channels
/// lie in pairs, for one instruction multiplies and adds two.
class ChannelRow {
 public:
  ChannelRow(int channels, int columns);

  int columns() const { return columns_; }
  std::int16_t value(int channel, int column) const;
  void set_value(int channel, int column, std::int16_t value);
  /// Of each column channel 2 p in the lower half and 2 p + 1 in the upper one.
  std::int32_t* pair(int p) { return &pairs_[std::size_t(p) * std::size_t(pitch_) + 1]; }
  const std::int32_t* pair(int p) const { return &pairs_[std::size_t(p) * std::size_t(pitch_) + 1]; }

  /// The neighbours beyond the ends become copies of the outermost values, or zero.
  void repeat_ends();
  void clear_ends();

 private:
  int columns_;
  int pitch_;
  std::vector<std::int32_t> pairs_;
};

/// The largest magnitude of a channel's values; what is larger becomes this.
constexpr int kLargestChannelValue = 32767;

/// Floats from here on up to twice as much are whole numbers: adding this rounds, half to even.
constexpr float kRounder = 12582912.0f;

/// The nearest 16-bit number, half to even.
HD inline std::int16_t to_channel_value(float value) {
  constexpr auto kLimit = float(kLargestChannelValue);
  value = value < kLimit ? value : kLimit;
  value = value > -kLimit ? value : -kLimit;
  return std::int16_t((value + kRounder) - kRounder);
}

/// 3 x 3 convolutions, each sum multiplied by a number of its own and rounded, half to even.
class ConvolutionLayer {
 public:
  static constexpr int kEdge = 3;
  static constexpr int kTaps = kEdge * kEdge;
  static constexpr int kBlock = 4;  ///< outputs computed together

  /// `weights`: of each output those of each input, row by row. The magnitudes of each output's must add up to at most
  /// kLargestWeights, so that 32 bits hold every sum. Negative sums are multiplied by `leak` besides.
  ConvolutionLayer(int inputs, int outputs, const std::int8_t* weights, const float* scales, float leak);
  static constexpr int kLargestWeights = 65536;

  int outputs() const { return outputs_; }

  /// out = convolutions of the row around[1] and those above and below.
  void apply(Simd simd, const ChannelRow* const around[kEdge], ChannelRow& out) const;

 private:
  int pairs_, outputs_;
  float leak_;
  std::vector<std::int32_t> weights_;  ///< [output / kBlock][pair of inputs][tap][output % kBlock]
  std::vector<float> scales_;          ///< of outputs, those up to a whole block too
};

}  // namespace nadir
