// Layers of a convolutional network on rows of channels, with one result on all machines.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/backend/simd.h"
#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// One row of each channel, with room for a neighbour at both ends and for whole vectors.
class ChannelRow {
 public:
  ChannelRow(int channels, int columns);
  int columns() const { return columns_; }
  float* channel(int c) { return &storage_[std::size_t(c) * std::size_t(pitch_) + 1].samples[0]; }
  const float* channel(int c) const { return &storage_[std::size_t(c) * std::size_t(pitch_) + 1].samples[0]; }
  /// The neighbours beyond the ends become copies of the outermost samples.
  void repeat_ends();

 private:
  int channels_, columns_;
  int pitch_;  ///< vectors a channel
  std::vector<LaneStorage> storage_;
};

/// 3 x 3 convolutions from some channels to a multiple of four. Each sum runs over inputs, then rows, then columns, in
/// this order and without contraction, whatever the vectors are.
class ConvolutionLayer {
 public:
  static constexpr int kEdge = 3;
  static constexpr int kTaps = kEdge * kEdge;
  static constexpr int kBlock = 4;  ///< outputs computed together

  /// `weights`: of each output those of each input, row by row, in steps of the output's own size.
  ConvolutionLayer(int inputs, int outputs, const std::int8_t* weights, const float* steps);

  int outputs() const { return outputs_; }
  /// Takes from each weight the mean of its output's, so that a constant gives 0.
  void remove_response_to_constants();

  /// out = convolutions of the row around[1] and those above and below; negative values are multiplied by `leak`.
  void apply(Simd simd, const ChannelRow* const around[kEdge], float leak, ChannelRow& out) const;

 private:
  float& weight(int output, int input, int tap);

  int inputs_, outputs_;
  std::vector<float> weights_;  ///< [output / kBlock][input][tap][output % kBlock]
};

}  // namespace nadir
