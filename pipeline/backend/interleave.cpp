// Rows apart and together.
#include "pipeline/backend/interleave.h"

#include "pipeline/backend/lanes.h"

namespace nadir {
namespace {

NADIR_INLINE void split_in_two(const float* in, float* even, float* odd, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes a = lanes_at(in + 2 * i);
    const Lanes b = lanes_at(in + 2 * i + kLanes);
    Lanes half;
    even_of(half, a, b);
    lanes_at(even + i) = half;
    odd_of(half, a, b);
    lanes_at(odd + i) = half;
  }
  for (; i < n; ++i) {
    even[i] = in[2 * i];
    odd[i] = in[2 * i + 1];
  }
}

NADIR_INLINE void split_in_four(const float* in, float* const* out, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Lanes even[2], odd[2], quarter;
    for (int h = 0; h < 2; ++h) {
      const Lanes a = lanes_at(in + 4 * i + 2 * h * kLanes);
      const Lanes b = lanes_at(in + 4 * i + (2 * h + 1) * kLanes);
      even_of(even[h], a, b);
      odd_of(odd[h], a, b);
    }
    even_of(quarter, even[0], even[1]);
    lanes_at(out[0] + i) = quarter;
    even_of(quarter, odd[0], odd[1]);
    lanes_at(out[1] + i) = quarter;
    odd_of(quarter, even[0], even[1]);
    lanes_at(out[2] + i) = quarter;
    odd_of(quarter, odd[0], odd[1]);
    lanes_at(out[3] + i) = quarter;
  }
  for (; i < n; ++i)
    for (int p = 0; p < 4; ++p) out[p][i] = in[4 * i + p];
}

NADIR_INLINE void join_two(const float* const* in, float* out, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes a = lanes_at(in[0] + i), b = lanes_at(in[1] + i);
    Lanes joined[2];
    zip(joined[0], joined[1], a, b);
    for (int h = 0; h < 2; ++h) lanes_at(out + 2 * i + h * kLanes) = joined[h];
  }
  for (; i < n; ++i)
    for (int p = 0; p < 2; ++p) out[2 * i + p] = in[p][i];
}

NADIR_INLINE void join_four(const float* const* in, float* out, int n) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes a = lanes_at(in[0] + i), b = lanes_at(in[1] + i), c = lanes_at(in[2] + i), d = lanes_at(in[3] + i);
    Lanes even[2], odd[2], joined[4];
    zip(even[0], even[1], a, c);
    zip(odd[0], odd[1], b, d);
    for (int h = 0; h < 2; ++h) zip(joined[2 * h], joined[2 * h + 1], even[h], odd[h]);
    for (int q = 0; q < 4; ++q) lanes_at(out + 4 * i + q * kLanes) = joined[q];
  }
  for (; i < n; ++i)
    for (int p = 0; p < 4; ++p) out[4 * i + p] = in[p][i];
}

}  // namespace

NADIR_SIMD_CLONES void deinterleave(const float* in, float* const* out, int factor, int n) {
  if (factor == 2) return split_in_two(in, out[0], out[1], n);
  if (factor == 4) return split_in_four(in, out, n);
  for (int p = 0; p < factor; ++p) {
    float* __restrict phase = out[p];
    for (int i = 0; i < n; ++i) phase[i] = in[factor * i + p];
  }
}

NADIR_SIMD_CLONES void interleave(const float* const* in, float* out, int factor, int n) {
  if (factor == 2) return join_two(in, out, n);
  if (factor == 4) return join_four(in, out, n);
  for (int p = 0; p < factor; ++p)
    for (int i = 0; i < n; ++i) out[factor * i + p] = in[p][i];
}

}  // namespace nadir
