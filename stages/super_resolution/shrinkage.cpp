// Shrinkage of groups of similar patches in the eigenbasis of their own covariance, sixteen groups at once.
#include "stages/super_resolution/shrinkage.h"

#include <cmath>
#include <cstddef>

namespace nadir {
namespace {

// Matrices are worked on in blocks of 4 x 4, whose sums stay in registers.
constexpr int kBlock = 4;
constexpr float kWeightFloor = 0.15f;
// float32 resolves C^2 to about 2e-7 of (trace C)^2; a smaller t^2 would drown in its rounding. Groups of real images
// hardly ever come near.
constexpr float kResolution = 4e-7f;

struct Block {
  Lanes at[kBlock][kBlock];
};

NADIR_INLINE void clear(Block& s) {
  for (auto& row : s.at)
    for (Lanes& v : row) v = Lanes{};
}

// s[i][j] += sum over k in [from, to) of a[i][k] b[j][k]
NADIR_INLINE void add_products(Block& s, const Lanes* a, int a_stride, const Lanes* b, int b_stride, int from, int to) {
  Lanes s00 = s.at[0][0], s01 = s.at[0][1], s02 = s.at[0][2], s03 = s.at[0][3];
  Lanes s10 = s.at[1][0], s11 = s.at[1][1], s12 = s.at[1][2], s13 = s.at[1][3];
  Lanes s20 = s.at[2][0], s21 = s.at[2][1], s22 = s.at[2][2], s23 = s.at[2][3];
  Lanes s30 = s.at[3][0], s31 = s.at[3][1], s32 = s.at[3][2], s33 = s.at[3][3];
  for (int k = from; k < to; ++k) {
    const Lanes a0 = a[k], a1 = a[a_stride + k], a2 = a[2 * a_stride + k], a3 = a[3 * a_stride + k];
    const Lanes b0 = b[k], b1 = b[b_stride + k], b2 = b[2 * b_stride + k], b3 = b[3 * b_stride + k];
    s00 += a0 * b0, s01 += a0 * b1, s02 += a0 * b2, s03 += a0 * b3;
    s10 += a1 * b0, s11 += a1 * b1, s12 += a1 * b2, s13 += a1 * b3;
    s20 += a2 * b0, s21 += a2 * b1, s22 += a2 * b2, s23 += a2 * b3;
    s30 += a3 * b0, s31 += a3 * b1, s32 += a3 * b2, s33 += a3 * b3;
  }
  s = {{{s00, s01, s02, s03}, {s10, s11, s12, s13}, {s20, s21, s22, s23}, {s30, s31, s32, s33}}};
}

// The same of two matrices given by columns: s[i][j] += sum over k < count of a[k][i] b[k][j]
NADIR_INLINE void add_column_products(Block& s, const Lanes* a, const Lanes* b, int stride, int count) {
  Lanes s00 = s.at[0][0], s01 = s.at[0][1], s02 = s.at[0][2], s03 = s.at[0][3];
  Lanes s10 = s.at[1][0], s11 = s.at[1][1], s12 = s.at[1][2], s13 = s.at[1][3];
  Lanes s20 = s.at[2][0], s21 = s.at[2][1], s22 = s.at[2][2], s23 = s.at[2][3];
  Lanes s30 = s.at[3][0], s31 = s.at[3][1], s32 = s.at[3][2], s33 = s.at[3][3];
  for (int k = 0; k < count; ++k, a += stride, b += stride) {
    const Lanes a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
    const Lanes b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
    s00 += a0 * b0, s01 += a0 * b1, s02 += a0 * b2, s03 += a0 * b3;
    s10 += a1 * b0, s11 += a1 * b1, s12 += a1 * b2, s13 += a1 * b3;
    s20 += a2 * b0, s21 += a2 * b1, s22 += a2 * b2, s23 += a2 * b3;
    s30 += a3 * b0, s31 += a3 * b1, s32 += a3 * b2, s33 += a3 * b3;
  }
  s = {{{s00, s01, s02, s03}, {s10, s11, s12, s13}, {s20, s21, s22, s23}, {s30, s31, s32, s33}}};
}

NADIR_INLINE void square_root(Lanes& v) {
  for (int l = 0; l < kLanes; ++l) v[l] = std::sqrt(v[l]);
}

// In place: the lower Cholesky factor of a block, pivots at least `floor` (what rounding may have taken from them), and
// its inverse, transposed and with zeros below the diagonal.
NADIR_INLINE void factorise(Block& s, const Lanes& floor, Block& inverse) {
  clear(inverse);
  for (int j = 0; j < kBlock; ++j) {
    Lanes pivot = s.at[j][j];
    for (int k = 0; k < j; ++k) pivot -= s.at[j][k] * s.at[j][k];
    pivot = pivot > floor ? pivot : floor;
    square_root(pivot);
    s.at[j][j] = pivot;
    inverse.at[j][j] = 1.0f / pivot;
    for (int i = j + 1; i < kBlock; ++i) {
      Lanes v = s.at[i][j];
      for (int k = 0; k < j; ++k) v -= s.at[i][k] * s.at[j][k];
      s.at[i][j] = v * inverse.at[j][j];
    }
  }
  for (int j = 0; j < kBlock; ++j)
    for (int i = j + 1; i < kBlock; ++i) {
      Lanes v = Lanes{};
      for (int k = j; k < i; ++k) v -= s.at[i][k] * inverse.at[j][k];
      inverse.at[j][i] = v * inverse.at[i][i];
    }
}

// s := s M' for the transposed inverse M' of a triangular block (upper triangle: m[k][j], k <= j).
NADIR_INLINE void times_inverse(Block& s, const Block& m) {
  for (auto& row : s.at)
    for (int j = kBlock - 1; j >= 0; --j) {
      Lanes v = row[j] * m.at[j][j];
      for (int k = 0; k < j; ++k) v += row[k] * m.at[k][j];
      row[j] = v;
    }
}

NADIR_INLINE void load(Block& s, const Lanes* a, int stride) {
  for (int i = 0; i < kBlock; ++i)
    for (int j = 0; j < kBlock; ++j) s.at[i][j] = a[std::ptrdiff_t(i) * stride + j];
}

NADIR_INLINE void store(const Block& s, Lanes* a, int stride) {
  for (int i = 0; i < kBlock; ++i)
    for (int j = 0; j < kBlock; ++j) a[std::ptrdiff_t(i) * stride + j] = s.at[i][j];
}

NADIR_INLINE void store_transposed(const Block& s, Lanes* a, int stride) {
  for (int i = 0; i < kBlock; ++i)
    for (int j = 0; j < kBlock; ++j) a[std::ptrdiff_t(j) * stride + i] = s.at[i][j];
}

NADIR_SIMD_CLONES void remove_mean(Lanes* x, int n, int patches, Lanes* mean) {
  for (int p = 0; p < n; ++p) {
    Lanes sum = Lanes{};
    for (int j = 0; j < patches; ++j) sum += x[std::ptrdiff_t(j) * n + p];
    mean[p] = sum * (1.0f / float(patches));
  }
  for (int j = 0; j < patches; ++j)
    for (int p = 0; p < n; ++p) x[std::ptrdiff_t(j) * n + p] -= mean[p];
}

// out = scale * a' a + diagonal * I, symmetric; a has `count` rows of n.
NADIR_SIMD_CLONES void gram(const Lanes* a, int n, int count, float scale, const Lanes* diagonal, Lanes* out) {
  for (int i = 0; i < n; i += kBlock)
    for (int j = 0; j <= i; j += kBlock) {
      Block s;
      clear(s);
      add_column_products(s, a + i, a + j, n, count);
      for (auto& row : s.at)
        for (Lanes& v : row) v *= scale;
      if (i == j)
        for (int d = 0; d < kBlock; ++d) s.at[d][d] += *diagonal;
      store(s, out + std::ptrdiff_t(i) * n + j, n);
      store_transposed(s, out + std::ptrdiff_t(j) * n + i, n);
    }
}

// t^2, or the least that float32 can tell from the covariance.
NADIR_SIMD_CLONES void square_threshold(const Lanes* covariance, int n, float t, Lanes* t2) {
  Lanes trace = Lanes{};
  for (int i = 0; i < n; ++i) trace += covariance[std::ptrdiff_t(i) * n + i];
  const Lanes least = kResolution * trace * trace;
  const Lanes wanted = Lanes{} + t * t;
  *t2 = wanted > least ? wanted : least;
}

// a := its lower Cholesky factor L; inverse := (L^-1)', upper triangle.
NADIR_SIMD_CLONES void invert_factor(Lanes* a, int n, const Lanes* floor, Lanes* inverse) {
  const auto row = [n](Lanes * m, int i) __attribute__((always_inline)) { return m + std::ptrdiff_t(i) * n; };
  for (int j = 0; j < n; j += kBlock) {
    Block diagonal_inverse{};
    for (int i = j; i < n; i += kBlock) {
      Block s;
      clear(s);
      add_products(s, row(a, i), n, row(a, j), n, 0, j);
      Block t;
      load(t, row(a, i) + j, n);
      for (int r = 0; r < kBlock; ++r)
        for (int c = 0; c < kBlock; ++c) t.at[r][c] -= s.at[r][c];
      if (i == j)
        factorise(t, *floor, diagonal_inverse);
      else
        times_inverse(t, diagonal_inverse);
      store(t, row(a, i) + j, n);
    }
    store(diagonal_inverse, row(inverse, j) + j, n);
    // Row block j of L^-1 left of the diagonal: -L_jj^-1 times the sum of L_jk (L^-1)_kc, transposed.
    for (int c = 0; c < j; c += kBlock) {
      Block s;
      clear(s);
      add_products(s, row(inverse, c), n, row(a, j), n, c, j);
      for (auto& r : s.at)
        for (Lanes& v : r) v = -v;
      times_inverse(s, diagonal_inverse);
      store(s, row(inverse, c) + j, n);
    }
  }
}

// f = I - t2 V V' for the upper triangle V, full and symmetric; returns the sum of its squares.
NADIR_SIMD_CLONES void filter_matrix(const Lanes* v, int n, const Lanes* t2, Lanes* f, Lanes* squares) {
  Lanes sum = Lanes{};
  for (int i = 0; i < n; i += kBlock)
    for (int j = 0; j <= i; j += kBlock) {
      Block s;
      clear(s);
      add_products(s, v + std::ptrdiff_t(i) * n, n, v + std::ptrdiff_t(j) * n, n, i, n);
      for (int r = 0; r < kBlock; ++r)
        for (int c = 0; c < kBlock; ++c) {
          s.at[r][c] = (i + r == j + c ? 1.0f : 0.0f) - *t2 * s.at[r][c];
          sum += (i == j ? 1.0f : 2.0f) * s.at[r][c] * s.at[r][c];
        }
      store(s, f + std::ptrdiff_t(i) * n + j, n);
      store_transposed(s, f + std::ptrdiff_t(j) * n + i, n);
    }
  *squares = sum;
}

// out = f x + mean, for each patch x
NADIR_SIMD_CLONES void filter_patches(const Lanes* f, int n, const Lanes* x, int patches, const Lanes* mean,
                                      Lanes* out) {
  for (int j = 0; j < patches; j += kBlock)
    for (int i = 0; i < n; i += kBlock) {
      Block s;
      for (int r = 0; r < kBlock; ++r)
        for (int c = 0; c < kBlock; ++c) s.at[r][c] = mean[i + c];
      add_products(s, x + std::ptrdiff_t(j) * n, n, f + std::ptrdiff_t(i) * n, n, 0, n);
      store(s, out + std::ptrdiff_t(j) * n + i, n);
    }
}

int whole_blocks(int n) { return (n + kBlock - 1) / kBlock * kBlock; }

}  // namespace

GroupBatch::GroupBatch(int patch_samples, int similar) : rows_(whole_blocks(patch_samples)), similar_(similar) {
  const std::size_t samples = std::size_t(rows_) * std::size_t(similar);
  const std::size_t square = std::size_t(rows_) * std::size_t(rows_);
  for (auto* v : {&patches_, &result_}) v->resize(samples);
  for (auto* v : {&covariance_, &factor_, &inverse_}) v->resize(square);
  mean_.resize(std::size_t(rows_));
}

void GroupBatch::shrink(float t) {
  const auto lanes = [](auto& storage) { return reinterpret_cast<Lanes*>(storage.data()); };
  const Lanes nothing = Lanes{};
  Lanes t2, squares;
  remove_mean(lanes(patches_), rows_, similar_, lanes(mean_));
  gram(lanes(patches_), rows_, similar_, 1.0f / float(similar_), &nothing, lanes(covariance_));
  square_threshold(lanes(covariance_), rows_, t, &t2);
  gram(lanes(covariance_), rows_, rows_, 1, &t2, lanes(factor_));
  invert_factor(lanes(factor_), rows_, &t2, lanes(inverse_));
  filter_matrix(lanes(inverse_), rows_, &t2, lanes(covariance_), &squares);
  filter_patches(lanes(covariance_), rows_, lanes(patches_), similar_, lanes(mean_), lanes(result_));
  for (int l = 0; l < kLanes; ++l) weights_.samples[l] = 1.0f / (squares[l] + kWeightFloor);
}

std::size_t GroupBatch::bytes(int patch_samples, int similar) {
  const auto rows = std::size_t(whole_blocks(patch_samples));
  return sizeof(Lanes) * rows * (2 * std::size_t(similar) + 3 * rows + 1);
}

}  // namespace nadir
