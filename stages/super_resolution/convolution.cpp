// Layers of a convolutional network on rows of channels, in integers: one result on all machines.
#include "stages/super_resolution/convolution.h"

#include <bit>
#include <cstddef>

#include "pipeline/backend/simd.h"
#include "pipeline/core/window.h"

#if NADIR_X86
#include <immintrin.h>
#endif

namespace nadir {
namespace {

constexpr int kEdge = ConvolutionLayer::kEdge;
constexpr int kBlock = ConvolutionLayer::kBlock;
constexpr int kWidest = 64;  // columns computed together

struct Task {
  int pairs, outputs;
  const std::int32_t* weights;
  const float* scales;
  float leak;
  const ChannelRow* const* around;
  ChannelRow* out;
};

std::int32_t pair_of(std::int32_t low, std::int32_t high) {
  return std::int32_t((std::uint32_t(low) & 0xffffu) | std::uint32_t(high) << 16);
}
std::int32_t low_of(std::int32_t pair) { return std::int16_t(pair); }
std::int32_t high_of(std::int32_t pair) { return pair >> 16; }

// Sums of kBlock outputs over all inputs and taps, for kVectors vectors of kWidth columns from column x on; `w` are the
// block's weights. to[r][i]: output r, column x + i.
struct Portable {
  static constexpr int kWidth = 4;
  static constexpr int kMostVectors = 2;
  typedef std::int32_t V __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));

  template <int kVectors>
  static void sum(const Task& t, const std::int32_t* w, int x, std::int32_t (*to)[kWidest]) {
    V sums[kBlock][kVectors] = {};
    for (int p = 0; p < t.pairs; ++p)
      for (int j = 0; j < kEdge; ++j)
        for (int k = 0; k < kEdge; ++k, w += kBlock)
          for (int v = 0; v < kVectors; ++v) {
            const V in = *reinterpret_cast<const V*>(t.around[j]->pair(p) + x + k - 1 + v * kWidth);
            for (int r = 0; r < kBlock; ++r) sums[r][v] += product(in, w[r]);
          }
    for (int r = 0; r < kBlock; ++r)
      for (int v = 0; v < kVectors; ++v) *reinterpret_cast<V*>(to[r] + v * kWidth) = sums[r][v];
  }

  static V product(V in, std::int32_t w) {
#if NADIR_X86  // any of them has this instruction
    return V(_mm_madd_epi16(__m128i(in), _mm_set1_epi32(w)));
#else
    return (in << 16 >> 16) * low_of(w) + (in >> 16) * high_of(w);
#endif
  }
};

#if NADIR_X86
struct Avx2 {
  static constexpr int kWidth = 8;
  static constexpr int kMostVectors = 2;
  template <int kVectors>
  NADIR_AVX2 static void sum(const Task& t, const std::int32_t* w, int x, std::int32_t (*to)[kWidest]) {
    __m256i sums[kBlock][kVectors];
    for (auto& of_output : sums)
      for (__m256i& s : of_output) s = _mm256_setzero_si256();
    for (int p = 0; p < t.pairs; ++p)
      for (int j = 0; j < kEdge; ++j) {
        const std::int32_t* from = t.around[j]->pair(p) + x - 1;
#pragma GCC unroll 3
        for (int k = 0; k < kEdge; ++k, w += kBlock) {
          __m256i in[kVectors];
          for (int v = 0; v < kVectors; ++v)
            in[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + k + v * kWidth));
#pragma GCC unroll 4
          for (int r = 0; r < kBlock; ++r)
            for (int v = 0; v < kVectors; ++v)
              sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(in[v], _mm256_set1_epi32(w[r])));
        }
      }
    for (int r = 0; r < kBlock; ++r)
      for (int v = 0; v < kVectors; ++v)
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to[r] + v * kWidth), sums[r][v]);
  }
};

struct Avx512 {
  static constexpr int kWidth = 16;
  static constexpr int kMostVectors = 4;
  template <int kVectors>
  NADIR_AVX512 static void sum(const Task& t, const std::int32_t* w, int x, std::int32_t (*to)[kWidest]) {
    __m512i sums[kBlock][kVectors];
    for (auto& of_output : sums)
      for (__m512i& s : of_output) s = _mm512_setzero_si512();
    for (int p = 0; p < t.pairs; ++p)
      for (int j = 0; j < kEdge; ++j) {
        const std::int32_t* from = t.around[j]->pair(p) + x - 1;
#pragma GCC unroll 3
        for (int k = 0; k < kEdge; ++k, w += kBlock) {
          __m512i in[kVectors];
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) in[v] = _mm512_loadu_si512(from + k + v * kWidth);
#pragma GCC unroll 4
          for (int r = 0; r < kBlock; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v)
              sums[r][v] = _mm512_dpwssd_epi32(sums[r][v], in[v], _mm512_set1_epi32(w[r]));
        }
      }
#pragma GCC unroll 4
    for (int r = 0; r < kBlock; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) _mm512_storeu_si512(to[r] + v * kWidth, sums[r][v]);
  }
};
#endif

// Of a sum of a whole number and kRounder the last bits are that number.
constexpr std::int32_t kRounderBits = std::bit_cast<std::int32_t>(kRounder);

template <int kWidth>
struct VectorsOf {
  typedef std::int32_t I __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));
  typedef float F __attribute__((vector_size(4 * kWidth), aligned(4), may_alias));
};

template <int kWidth>
NADIR_INLINE void finish(const Task& t, int output, int x, int columns, const std::int32_t (*sums)[kWidest]) {
  using I = typename VectorsOf<kWidth>::I;
  using F = typename VectorsOf<kWidth>::F;
  constexpr auto kLimit = float(kLargestChannelValue);
  for (int i = 0; i < columns; i += kWidth)
    for (int r = 0; r < kBlock; r += 2) {
      I rounded[2];
      for (int h = 0; h < 2; ++h) {
        const I sum = *reinterpret_cast<const I*>(sums[r + h] + i);
        F f = __builtin_convertvector(sum, F) * t.scales[output + r + h];
        f = f > 0 ? f : t.leak * f;
        f = f < kLimit ? f : F{} + kLimit;
        f = f > -kLimit ? f : F{} - kLimit;
        f += kRounder;
        rounded[h] = I(f) - kRounderBits;  // the bits of f
      }
      *reinterpret_cast<I*>(t.out->pair((output + r) / 2) + x + i) = (rounded[0] & 0xffff) | rounded[1] << 16;
    }
}

// As many vectors at once as there are registers for, then the rest one by one.
template <class Isa>
NADIR_INLINE void convolve(const Task& t) {
  constexpr int kTogether = Isa::kWidth * Isa::kMostVectors;
  static_assert(kTogether <= kWidest);
  alignas(64) std::int32_t sums[kBlock][kWidest];
  const int block_weights = t.pairs * ConvolutionLayer::kTaps * kBlock;
  int x = 0;
  for (; x + kTogether - Isa::kWidth < t.out->columns(); x += kTogether)
    for (int o = 0; o < t.outputs; o += kBlock) {
      Isa::template sum<Isa::kMostVectors>(t, t.weights + std::ptrdiff_t(o / kBlock) * block_weights, x, sums);
      finish<Isa::kWidth>(t, o, x, kTogether, sums);
    }
  for (; x < t.out->columns(); x += Isa::kWidth)
    for (int o = 0; o < t.outputs; o += kBlock) {
      Isa::template sum<1>(t, t.weights + std::ptrdiff_t(o / kBlock) * block_weights, x, sums);
      finish<Isa::kWidth>(t, o, x, Isa::kWidth, sums);
    }
}

void convolve_portable(const Task& t) { convolve<Portable>(t); }
#if NADIR_X86
NADIR_AVX2 void convolve_avx2(const Task& t) { convolve<Avx2>(t); }
NADIR_AVX512 void convolve_avx512(const Task& t) { convolve<Avx512>(t); }
#endif

}  // namespace

ChannelRow::ChannelRow(int channels, int columns)
    : columns_(columns),
      // Odd multiples of 64 bytes, so that channels lie in different sets of the cache.
      pitch_(((2 + ceil_div(columns, 16)) | 1) * 16),
      pairs_(std::size_t(ceil_div(channels, kBlock) * kBlock / 2) * std::size_t(pitch_)) {}

std::int16_t ChannelRow::value(int channel, int column) const {
  const std::int32_t both = pair(channel / 2)[column];
  return std::int16_t(channel % 2 ? high_of(both) : low_of(both));
}

void ChannelRow::set_value(int channel, int column, std::int16_t value) {
  std::int32_t& both = pair(channel / 2)[column];
  both = channel % 2 ? pair_of(low_of(both), value) : pair_of(value, high_of(both));
}

void ChannelRow::repeat_ends() {
  for (std::size_t first = 1; first < pairs_.size(); first += std::size_t(pitch_)) {
    pairs_[first - 1] = pairs_[first];
    pairs_[first + std::size_t(columns_)] = pairs_[first + std::size_t(columns_) - 1];
  }
}

void ChannelRow::clear_ends() {
  for (std::size_t first = 1; first < pairs_.size(); first += std::size_t(pitch_))
    pairs_[first - 1] = pairs_[first + std::size_t(columns_)] = 0;
}

ConvolutionLayer::ConvolutionLayer(int inputs, int outputs, const std::int8_t* weights, const float* scales, float leak)
    : pairs_(ceil_div(inputs, 2)),
      outputs_(outputs),
      leak_(leak),
      weights_(std::size_t(pairs_) * std::size_t(ceil_div(outputs, kBlock) * kBlock) * kTaps),
      scales_(scales, scales + outputs) {
  scales_.resize(std::size_t(ceil_div(outputs, kBlock) * kBlock));
  for (int o = 0; o < outputs; ++o)
    for (int i = 0; i < inputs; ++i)
      for (int tap = 0; tap < kTaps; ++tap) {
        std::int32_t& both =
            weights_[std::size_t((o / kBlock * pairs_ + i / 2) * kTaps + tap) * kBlock + std::size_t(o % kBlock)];
        both = i % 2 ? pair_of(low_of(both), *weights++) : pair_of(*weights++, 0);
      }
}

void ConvolutionLayer::apply(Simd simd, const ChannelRow* const around[kEdge], ChannelRow& out) const {
  const Task task{pairs_, outputs_, weights_.data(), scales_.data(), leak_, around, &out};
#if NADIR_X86
  if (simd == Simd::avx512) return convolve_avx512(task);
  if (simd == Simd::avx2) return convolve_avx2(task);
#else
  (void)simd;
#endif
  convolve_portable(task);
}

}  // namespace nadir
