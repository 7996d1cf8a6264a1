// Weighted sums of rows.
#include "pipeline/backend/rows.h"

#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

#define NADIR_INLINE __attribute__((always_inline)) inline

NADIR_INLINE const UnalignedLanes& lanes_at(const float* p) { return *reinterpret_cast<const UnalignedLanes*>(p); }
// Absent rows cost a branch, not a fault.
NADIR_INLINE void fetch(const float* row, int begin, int end) {
  if (!row) return;
  for (int x = begin; x < end; x += kLanes) __builtin_prefetch(row + x);
}
NADIR_INLINE UnalignedLanes& lanes_at(float* p) { return *reinterpret_cast<UnalignedLanes*>(p); }

}  // namespace

// Four vectors side by side hide the latency of the additions, which must stay in order.
NADIR_SIMD_CLONES void weighted_sum(float* out, const float* const* rows, const float* weights, int count, int n,
                                    const float* soon) {
  int x = 0;
  for (; x + 4 * kLanes <= n; x += 4 * kLanes) {
    fetch(soon, x, x + 4 * kLanes);
    Lanes sum[4] = {};
    for (int j = 0; j < count; ++j) {
      const Lanes weight = Lanes{} + weights[j];
      for (int v = 0; v < 4; ++v) sum[v] += weight * lanes_at(rows[j] + x + v * kLanes);
    }
    for (int v = 0; v < 4; ++v) lanes_at(out + x + v * kLanes) = sum[v];
  }
  for (; x + kLanes <= n; x += kLanes) {
    Lanes sum = {};
    for (int j = 0; j < count; ++j) sum += weights[j] * lanes_at(rows[j] + x);
    lanes_at(out + x) = sum;
  }
  for (; x < n; ++x) {
    float sum = 0;
    for (int j = 0; j < count; ++j) sum += weights[j] * rows[j][x];
    out[x] = sum;
  }
}

namespace {

struct FourSums {
  float* const* out;
  const float* const* rows;
  const float* weights;
  int count;
  int step;

  template <int kVectors>
  NADIR_INLINE void at(int x) const {
    Lanes sum[4][kVectors] = {};
    const int last = count + 3 * step;
    const int common_end = count > 3 * step ? count : 3 * step;  // rows in [3 step, common_end) are in all four sums
    int j = 0;
    for (; j < 3 * step; ++j) add_some(sum, j, x);
    for (; j < common_end; ++j)
      for (int v = 0; v < kVectors; ++v) {
        const Lanes row = lanes_at(rows[j] + x + v * kLanes);
        for (int r = 0; r < 4; ++r) sum[r][v] += weights[j - r * step] * row;
      }
    for (; j < last; ++j) add_some(sum, j, x);
    for (int r = 0; r < 4; ++r)
      for (int v = 0; v < kVectors; ++v) lanes_at(out[r] + x + v * kLanes) = sum[r][v];
  }

 private:
  template <int kVectors>
  NADIR_INLINE void add_some(Lanes (&sum)[4][kVectors], int j, int x) const {
    for (int r = 0; r < 4; ++r) {
      const int tap = j - r * step;
      if (tap < 0 || tap >= count) continue;
      for (int v = 0; v < kVectors; ++v) sum[r][v] += weights[tap] * lanes_at(rows[j] + x + v * kLanes);
    }
  }
};

}  // namespace

NADIR_SIMD_CLONES void four_weighted_sums(float* const* out, const float* const* rows, const float* weights, int count,
                                          int step, int n) {
  const FourSums sums{out, rows, weights, count, step};
  int x = 0;
  for (; x + 2 * kLanes <= n; x += 2 * kLanes) sums.at<2>(x);
  for (; x + kLanes <= n; x += kLanes) sums.at<1>(x);
  for (; x < n; ++x)
    for (int r = 0; r < 4; ++r) {
      float sum = 0;
      for (int j = 0; j < count; ++j) sum += weights[j] * rows[step * r + j][x];
      out[r][x] = sum;
    }
}

NADIR_INLINE void split_pairs(const float* __restrict in, float* __restrict even, float* __restrict odd, int n) {
  for (int i = 0; i < n; ++i) {
    even[i] = in[2 * i];
    odd[i] = in[2 * i + 1];
  }
}

NADIR_SIMD_CLONES void deinterleave(const float* in, float* const* out, int factor, int n, const float* soon) {
  if (factor == 2) {  // worth shuffles
    const int step = 128;
    for (int i = 0; i < n; i += step) {
      fetch(soon, 2 * i, 2 * (i + step < n ? i + step : n));
      split_pairs(in + 2 * i, out[0] + i, out[1] + i, i + step < n ? step : n - i);
    }
    return;
  }
  fetch(soon, 0, factor * n);
  for (int p = 0; p < factor; ++p) {
    float* __restrict phase = out[p];
    for (int i = 0; i < n; ++i) phase[i] = in[factor * i + p];
  }
}

}  // namespace nadir
