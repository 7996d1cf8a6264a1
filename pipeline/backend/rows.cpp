// Weighted sums of rows.
#include "pipeline/backend/rows.h"

#include "pipeline/backend/lanes.h"

namespace nadir {
namespace {

// What belongs to sums [begin, end), into the second level: the first is full of what is summed now. Absent rows cost a
// branch, not a fault.
NADIR_INLINE void fetch(const Soon& soon, int begin, int end) {
  if (!soon.row) return;
  for (int x = soon.samples * begin; x < soon.samples * end; x += kLanes) __builtin_prefetch(soon.row + x, 0, 2);
}

}  // namespace

// Four vectors side by side hide the latency of the additions, which must stay in order.
NADIR_SIMD_CLONES void weighted_sum(float* out, const float* const* rows, const float* weights, int count, int n,
                                    Soon soon) {
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

NADIR_SIMD_CLONES void weighted_mean_about(float* out, const float* about, const float* const* rows,
                                           const float* weights, int count, int group, float divisor, int n) {
  int x = 0;
  for (; x + 2 * kLanes <= n; x += 2 * kLanes) {
    const Lanes base[2] = {lanes_at(about + x), lanes_at(about + x + kLanes)};
    Lanes sum[2] = {};
    for (int g = 0; g < count; g += group) {
      Lanes part[2] = {};
      for (int j = g; j < g + group; ++j)
        for (int v = 0; v < 2; ++v) part[v] += weights[j] * (lanes_at(rows[j] + x + v * kLanes) - base[v]);
      for (int v = 0; v < 2; ++v) sum[v] += part[v];
    }
    for (int v = 0; v < 2; ++v) lanes_at(out + x + v * kLanes) = base[v] + sum[v] / divisor;
  }
  for (; x < n; ++x) {
    float sum = 0;
    for (int g = 0; g < count; g += group) {
      float part = 0;
      for (int j = g; j < g + group; ++j) part += weights[j] * (rows[j][x] - about[x]);
      sum += part;
    }
    out[x] = about[x] + sum / divisor;
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

namespace {

template <int kVectors>
NADIR_INLINE void add_row(Lanes (&sum)[kVectors], const float* row, float weight) {
  for (int v = 0; v < kVectors; ++v) sum[v] += weight * lanes_at(row + v * kLanes);
}

template <int kVectors>
NADIR_INLINE void balanced_at(float* out, const float* const* rows, const float* weights, int count, int x) {
  Lanes s0[kVectors] = {}, s1[kVectors] = {}, s2[kVectors] = {}, s3[kVectors] = {};
  int j = 0;
  for (; j + 4 <= count; j += 4) {
    add_row(s0, rows[j] + x, weights[j]);
    add_row(s1, rows[j + 1] + x, weights[j + 1]);
    add_row(s2, rows[j + 2] + x, weights[j + 2]);
    add_row(s3, rows[j + 3] + x, weights[j + 3]);
  }
  if (j < count) add_row(s0, rows[j] + x, weights[j]);
  if (j + 1 < count) add_row(s1, rows[j + 1] + x, weights[j + 1]);
  if (j + 2 < count) add_row(s2, rows[j + 2] + x, weights[j + 2]);
  for (int v = 0; v < kVectors; ++v) lanes_at(out + x + v * kLanes) = (s0[v] + s1[v]) + (s2[v] + s3[v]);
}

NADIR_INLINE void add_twins(Lanes& a, Lanes& b, const float* row, float weight_a, float weight_b) {
  const Lanes samples = lanes_at(row);
  a += weight_a * samples;
  b += weight_b * samples;
}

struct Twins {
  float* out_a;
  float* out_b;
  const float* const* rows;
  const float* a;  ///< weights
  const float* b;
  int count;

  NADIR_INLINE void at(int x) const {
    Lanes a0 = {}, a1 = {}, a2 = {}, a3 = {}, b0 = {}, b1 = {}, b2 = {}, b3 = {};
    int j = 0;
    for (; j + 4 <= count; j += 4) {
      add_twins(a0, b0, rows[j] + x, a[j], b[j]);
      add_twins(a1, b1, rows[j + 1] + x, a[j + 1], b[j + 1]);
      add_twins(a2, b2, rows[j + 2] + x, a[j + 2], b[j + 2]);
      add_twins(a3, b3, rows[j + 3] + x, a[j + 3], b[j + 3]);
    }
    if (j < count) add_twins(a0, b0, rows[j] + x, a[j], b[j]);
    if (j + 1 < count) add_twins(a1, b1, rows[j + 1] + x, a[j + 1], b[j + 1]);
    if (j + 2 < count) add_twins(a2, b2, rows[j + 2] + x, a[j + 2], b[j + 2]);
    lanes_at(out_a + x) = (a0 + a1) + (a2 + a3);
    lanes_at(out_b + x) = (b0 + b1) + (b2 + b3);
  }
};

NADIR_INLINE float balanced_one(const float* const* rows, const float* weights, int count, int x) {
  float sum[4] = {};
  for (int j = 0; j < count; ++j) sum[j % 4] += weights[j] * rows[j][x];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace

NADIR_SIMD_CLONES void balanced_sum(float* out, const float* const* rows, const float* weights, int count, int n,
                                    Soon soon) {
  int x = 0;
  for (; x + 2 * kLanes <= n; x += 2 * kLanes) {
    fetch(soon, x, x + 2 * kLanes);
    balanced_at<2>(out, rows, weights, count, x);
  }
  for (; x + kLanes <= n; x += kLanes) balanced_at<1>(out, rows, weights, count, x);
  for (; x < n; ++x) out[x] = balanced_one(rows, weights, count, x);
}

NADIR_SIMD_CLONES void balanced_sums(float* out_a, float* out_b, const float* const* rows, const float* weights_a,
                                     const float* weights_b, int count, int n, Soon soon) {
  const Twins twins{out_a, out_b, rows, weights_a, weights_b, count};
  int x = 0;
  for (; x + kLanes <= n; x += kLanes) {
    fetch(soon, x, x + kLanes);
    twins.at(x);
  }
  for (; x < n; ++x) {
    out_a[x] = balanced_one(rows, weights_a, count, x);
    out_b[x] = balanced_one(rows, weights_b, count, x);
  }
}

namespace {

constexpr int kDoubleLanes = 8;
typedef double DoubleLanes
    __attribute__((vector_size(sizeof(double) * kDoubleLanes), aligned(alignof(double)), may_alias));
typedef float HalfLanes __attribute__((vector_size(sizeof(float) * kDoubleLanes), aligned(alignof(float)), may_alias));

NADIR_INLINE void store_rounded(float* out, const DoubleLanes& sum) {
  *reinterpret_cast<HalfLanes*>(out) = __builtin_convertvector(sum, HalfLanes);
}
NADIR_INLINE void store_rounded(double* out, const DoubleLanes& sum) {
  const HalfLanes rounded = __builtin_convertvector(sum, HalfLanes);
  *reinterpret_cast<DoubleLanes*>(out) = __builtin_convertvector(rounded, DoubleLanes);
}

template <int kVectors, class Out>
NADIR_INLINE void exact_at(Out* out, const double* const* rows, const double* weights, int count, int x) {
  DoubleLanes sums[kVectors] = {};
  for (int j = 0; j < count; ++j)
    for (int v = 0; v < kVectors; ++v)
      sums[v] += weights[j] * *reinterpret_cast<const DoubleLanes*>(rows[j] + x + v * kDoubleLanes);
  for (int v = 0; v < kVectors; ++v) store_rounded(out + x + v * kDoubleLanes, sums[v]);
}

template <class Out>
NADIR_INLINE void exact_row(Out* out, const double* const* rows, const double* weights, int count, int n) {
  int x = 0;
  for (; x + 4 * kDoubleLanes <= n; x += 4 * kDoubleLanes) exact_at<4>(out, rows, weights, count, x);
  for (; x + kDoubleLanes <= n; x += kDoubleLanes) exact_at<1>(out, rows, weights, count, x);
  for (; x < n; ++x) {
    double sum = 0;
    for (int j = 0; j < count; ++j) sum += weights[j] * rows[j][x];
    out[x] = float(sum);
  }
}

}  // namespace

NADIR_SIMD_CLONES void exact_sum(float* out, const double* const* rows, const double* weights, int count, int n) {
  exact_row(out, rows, weights, count, n);
}
NADIR_SIMD_CLONES void exact_sum(double* out, const double* const* rows, const double* weights, int count, int n) {
  exact_row(out, rows, weights, count, n);
}

namespace {

// balanced_sum of two; the 0 keeps the sign of a vanishing sum.
NADIR_INLINE void combine(Lanes& out, const float* taps, const Lanes& a, const Lanes& b) {
  out = (taps[0] * a + 0.0f) + taps[1] * b;
}
NADIR_INLINE float combine(const float* taps, float a, float b) { return (taps[0] * a + 0.0f) + taps[1] * b; }

NADIR_INLINE void filter_pairs(const float* row, const float* low, const float* high, Lanes& l, Lanes& h) {
  const Lanes a = lanes_at(row), b = lanes_at(row + kLanes);  // copies, for a reference would promise alignment
  Lanes even, odd;
  even_of(even, a, b);
  odd_of(odd, a, b);
  combine(l, low, even, odd);
  combine(h, high, even, odd);
}

}  // namespace

NADIR_SIMD_CLONES void two_tap_bank(const float* top, const float* bottom, const float* low, const float* high,
                                    const QuadRows& out, int n, Soon soon) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    fetch(soon, i, i + kLanes);
    Lanes l0, h0, l1, h1, sum;
    filter_pairs(top + 2 * i, low, high, l0, h0);
    filter_pairs(bottom + 2 * i, low, high, l1, h1);
    combine(sum, low, l0, l1);
    lanes_at(out.ll + i) = sum;
    combine(sum, high, l0, l1);
    lanes_at(out.lh + i) = sum;
    combine(sum, low, h0, h1);
    lanes_at(out.hl + i) = sum;
    combine(sum, high, h0, h1);
    lanes_at(out.hh + i) = sum;
  }
  for (; i < n; ++i) {
    const float l0 = combine(low, top[2 * i], top[2 * i + 1]), l1 = combine(low, bottom[2 * i], bottom[2 * i + 1]);
    const float h0 = combine(high, top[2 * i], top[2 * i + 1]), h1 = combine(high, bottom[2 * i], bottom[2 * i + 1]);
    out.ll[i] = combine(low, l0, l1);
    out.lh[i] = combine(high, l0, l1);
    out.hl[i] = combine(low, h0, h1);
    out.hh[i] = combine(high, h0, h1);
  }
}

}  // namespace nadir
