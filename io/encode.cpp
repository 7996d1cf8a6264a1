// Rounding, clamping, and the nodata value.
#include "io/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "io/nodata_step.h"
#include "io/with_type.h"

namespace nadir {
namespace {

// What is seen in one row; any but `clipped` sends the row to a slower loop.
struct Seen {
  int clipped = 0;
  int nodata = 0;
  int nan = 0;
};

// Integers of up to 16 bits. Adding 1.5 * 2^23 leaves the nearest integer, half to even, in the low bits of the sum;
// the bits of sums are in the order of the sums, so that clamping them clamps the integer, whatever x was.
template <class T>
__attribute__((always_inline)) inline Seen narrow(const float* __restrict from, int count, T* __restrict to, T empty) {
  constexpr float rounder = 12582912.0f;
  constexpr std::int32_t zero = std::bit_cast<std::int32_t>(rounder);
  constexpr std::int32_t low = zero + std::numeric_limits<T>::lowest();
  constexpr std::int32_t high = zero + std::numeric_limits<T>::max();
  constexpr std::int32_t infinity = 0x7f800000;
  int clipped = 0, nodata = 0, nan = 0;
  for (int i = 0; i < count; ++i) {
    nan += (std::bit_cast<std::int32_t>(from[i]) & 0x7fffffff) > infinity;
    const std::int32_t sum = std::bit_cast<std::int32_t>(from[i] + rounder);
    const std::int32_t inside = std::min(std::max(sum, low), high);
    clipped += sum != inside;
    const T sample = T(inside - zero);
    nodata += sample == empty;
    to[i] = sample;
  }
  return {clipped, nodata, nan};
}

#define NADIR_NARROW(T)                                                                                            \
  __attribute__((target_clones("avx2", "default"))) Seen whole_row(const float* from, int count, T* to, T empty) { \
    return narrow(from, count, to, empty);                                                                         \
  }
NADIR_NARROW(std::uint8_t)
NADIR_NARROW(std::uint16_t)
NADIR_NARROW(std::int16_t)
#undef NADIR_NARROW

template <class T>
Seen whole_row(const float* from, int count, T* to, T empty) {
  Seen seen;
  for (int i = 0; i < count; ++i) {
    const double x = double(from[i]);
    seen.nan += x != x;
    if constexpr (std::is_floating_point_v<T>) {
      to[i] = T(from[i]);
    } else {
      constexpr double low = double(std::numeric_limits<T>::lowest());
      constexpr double high = double(std::numeric_limits<T>::max());
      const double whole = std::nearbyint(x);
      seen.clipped += whole < low || whole > high;
      to[i] = whole > low ? whole < high ? T(whole) : std::numeric_limits<T>::max() : std::numeric_limits<T>::lowest();
    }
    seen.nodata += meets(to[i], empty);
  }
  return seen;
}

template <class T>
bool encode_typed(const Encoding& encoding, const float* samples, const std::uint8_t* valid, int count, T* to,
                  EncodingCounts& counts) {
  const T empty = T(encoding.nodata.value_or(0));
  const bool moves = encoding.nodata && encoding.moves_off_nodata;
  const Seen seen = whole_row(samples, count, to, empty);
  counts.clipped += seen.clipped;
  bool nan = seen.nan > 0;
  if (valid) {
    nan = false;
    for (int i = 0; i < count; ++i) {
      nan = nan || (valid[i] && samples[i] != samples[i]);
      if (valid[i]) continue;
      if (seen.clipped > 0) counts.clipped -= whole_row(samples + i, 1, to + i, empty).clipped;
      to[i] = empty;
    }
  }
  if (moves && seen.nodata > 0)
    for (int i = 0; i < count; ++i)
      if ((!valid || valid[i]) && meets(to[i], empty)) {
        ++counts.nudged;
        to[i] = neighbour(empty);
      }
  return nan;
}

bool fits(double value, SampleType type) {
  if (std::isnan(value)) return !is_integer(type);
  const auto [low, high] = limits_of(type);
  return value >= low && value <= high && (!is_integer(type) || value == std::nearbyint(value));
}

}  // namespace

void EncodingCounts::add(const EncodingCounts& more) {
  clipped += more.clipped;
  nudged += more.nudged;
  valid += more.valid;
  total += more.total;
}

Encoding encoding_of(SampleType type, std::optional<double> nodata) {
  Encoding encoding{type == SampleType::i8 ? SampleType::i16 : type, nodata};
  if (encoding.nodata && !fits(*encoding.nodata, encoding.type)) encoding.nodata.reset();
  if (encoding.nodata && encoding.type == SampleType::f32) encoding.nodata = double(float(*encoding.nodata));
  if (!encoding.nodata && !is_integer(encoding.type)) encoding.nodata = std::nan("");
  return encoding;
}

bool encode_row(const Encoding& encoding, const float* samples, const std::uint8_t* valid, int count, std::byte* to,
                EncodingCounts& counts) {
  return with_type(encoding.type, [&]<class T>(T) {
    return encode_typed(encoding, samples, valid, count, reinterpret_cast<T*>(to), counts);
  });
}

}  // namespace nadir
