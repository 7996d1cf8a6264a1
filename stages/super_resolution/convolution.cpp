// Layers of a convolutional network on rows of channels, with one result on all machines.
#include "stages/super_resolution/convolution.h"

#include <cstddef>

#include "pipeline/core/window.h"

namespace nadir {
namespace {

constexpr int kEdge = ConvolutionLayer::kEdge;
constexpr int kBlock = ConvolutionLayer::kBlock;

struct Task {
  int inputs, outputs;
  const float* weights;
  const ChannelRow* const* around;
  float leak;
  ChannelRow* out;
};

// kVectors vectors of kWidth columns from column x on.
template <int kWidth, int kVectors>
class LaneConvolution {
  typedef float V __attribute__((vector_size(sizeof(float) * kWidth), aligned(alignof(float)), may_alias));

 public:
  static NADIR_INLINE void run(const Task& t, int x) {
    const float* w = t.weights;
    for (int o = 0; o < t.outputs; o += kBlock) {
      V sum[kBlock][kVectors];
#pragma GCC unroll 4
      for (int r = 0; r < kBlock; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[r][v] = V{};
      for (int i = 0; i < t.inputs; ++i)
        for (int j = 0; j < kEdge; ++j) add_row(t.around[j]->channel(i) + x - 1, w, sum);
#pragma GCC unroll 4
      for (int r = 0; r < kBlock; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          const V s = sum[r][v];
          *reinterpret_cast<V*>(t.out->channel(o + r) + x + v * kWidth) = s > 0 ? s : t.leak * s;
        }
    }
  }

 private:
  static NADIR_INLINE void add_row(const float* from, const float*& w, V (&sum)[kBlock][kVectors]) {
#pragma GCC unroll 3
    for (int k = 0; k < kEdge; ++k, w += kBlock) {
      V in[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) in[v] = *reinterpret_cast<const V*>(from + k + v * kWidth);
#pragma GCC unroll 4
      for (int r = 0; r < kBlock; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[r][v] += w[r] * in[v];
    }
  }
};

// As many vectors at once as there are registers for, then the rest one by one.
template <int kWidth, int kVectors>
NADIR_INLINE void convolve(const Task& t) {
  const int columns = t.out->columns();
  int x = 0;
  for (; x + kWidth * (kVectors - 1) < columns; x += kWidth * kVectors) LaneConvolution<kWidth, kVectors>::run(t, x);
  for (; x < columns; x += kWidth) LaneConvolution<kWidth, 1>::run(t, x);
}

void convolve_portable(const Task& t) { convolve<8, 1>(t); }
NADIR_AVX2 void convolve_avx2(const Task& t) { convolve<8, 2>(t); }
NADIR_AVX512 void convolve_avx512(const Task& t) { convolve<16, 4>(t); }

}  // namespace

ChannelRow::ChannelRow(int channels, int columns)
    : channels_(channels),
      columns_(columns),
      pitch_((2 + ceil_div(columns, kLanes)) | 1),  // odd: channels lie in different sets of the cache
      storage_(std::size_t(channels) * std::size_t(pitch_)) {}

void ChannelRow::repeat_ends() {
  for (int c = 0; c < channels_; ++c) {
    float* row = channel(c);
    row[-1] = row[0];
    row[columns_] = row[columns_ - 1];
  }
}

ConvolutionLayer::ConvolutionLayer(int inputs, int outputs, const std::int8_t* weights, const float* steps)
    : inputs_(inputs), outputs_(outputs), weights_(std::size_t(inputs) * std::size_t(outputs) * kTaps) {
  for (int o = 0; o < outputs; ++o)
    for (int i = 0; i < inputs; ++i)
      for (int tap = 0; tap < kTaps; ++tap) weight(o, i, tap) = float(*weights++) * steps[o];
}

float& ConvolutionLayer::weight(int output, int input, int tap) {
  return weights_[std::size_t((output / kBlock * inputs_ + input) * kTaps + tap) * kBlock +
                  std::size_t(output % kBlock)];
}

void ConvolutionLayer::remove_response_to_constants() {
  for (int o = 0; o < outputs_; ++o) {
    double sum = 0;
    for (int i = 0; i < inputs_; ++i)
      for (int tap = 0; tap < kTaps; ++tap) sum += double(weight(o, i, tap));
    const auto mean = float(sum / (inputs_ * kTaps));
    for (int i = 0; i < inputs_; ++i)
      for (int tap = 0; tap < kTaps; ++tap) weight(o, i, tap) -= mean;
  }
}

void ConvolutionLayer::apply(Simd simd, const ChannelRow* const around[kEdge], float leak, ChannelRow& out) const {
  const Task task{inputs_, outputs_, weights_.data(), around, leak, &out};
  if (simd == Simd::avx512) return convolve_avx512(task);
  if (simd == Simd::avx2) return convolve_avx2(task);
  convolve_portable(task);
}

}  // namespace nadir
