// The arithmetic of the shrinkage on 8 or 16 of the sixteen lanes; inlined into functions of each instruction set.
#pragma once

#include <cmath>

#include "stages/super_resolution/shrinkage.h"

namespace nadir {

/// All sixteen lanes, or 8 for machines with registers of that size.
template <int kWidth>
struct LaneVector {
  typedef Lanes Type;
};
template <>
struct LaneVector<kLanes / 2> {
  typedef float Type __attribute__((vector_size(sizeof(float) * kLanes / 2), aligned(32), may_alias));
};

/// Shrinks kWidth lanes, from the one that the pointers of `memory` point to. Every lane is computed in the same order
/// whatever the width is. Matrices are worked on in blocks, and these in tiles whose sums
/// stay in registers.
template <int kWidth, int kPatch, int kTileRows, int kTileColumns>
class LaneShrinkage {
  typedef typename LaneVector<kWidth>::Type V;

 public:
  static NADIR_INLINE void run(const BatchMemory& m, float t, int used) {
    remove_mean(m);
    V t2 = V{};
    gram(m.patches, m.similar * kBlock, kBlock, m.similar, 1.0f / float(m.similar), t2, m.covariance);
    square_threshold(m.covariance, t, t2);
    gram(m.covariance, kBlock, kSamples, kSamples, 1, t2, m.factor);
    invert_factor(m.factor, t2, m.inverse);
    V squares = V{};
    filter_matrix(m.inverse, t2, m.covariance, squares);
    filter_patches(m, used);
    at(m.weights, 0) = 1.0f / (squares + kGroupWeightFloor);
  }

 private:
  static constexpr int kSamples = kPatch * kPatch;
  static constexpr int kBlock = batch_block(kPatch);

  struct Block {
    V at[kBlock][kBlock];
  };

  static NADIR_INLINE V& at(float* base, int entry) {
    return *reinterpret_cast<V*>(base + std::ptrdiff_t(entry) * kLanes);
  }
  static NADIR_INLINE const V& at(const float* base, int entry) {
    return *reinterpret_cast<const V*>(base + std::ptrdiff_t(entry) * kLanes);
  }

  // s[r][c] += sum over k < count of a[r a_row + k step] b[c b_row + k step], entries from a and b; and the same again,
  // `times` in all, each time `a_next` and `b_next` entries further.
  template <int kRows, int kColumns>
  static NADIR_INLINE void add_tile(V (&s)[kRows][kColumns], const float* a, int a_row, const float* b, int b_row,
                                    int step, int count, int times = 1, int a_next = 0, int b_next = 0) {
    V t[kRows][kColumns];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) t[r][c] = s[r][c];
    for (int n = 0; n < times; ++n, a += std::ptrdiff_t(a_next) * kLanes, b += std::ptrdiff_t(b_next) * kLanes)
      for (int k = 0; k < count; ++k) {
        V right[kColumns];
#pragma GCC unroll 8
        for (int c = 0; c < kColumns; ++c) right[c] = at(b, c * b_row + k * step);
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r) {
          const V left = at(a, r * a_row + k * step);
#pragma GCC unroll 8
          for (int c = 0; c < kColumns; ++c) t[r][c] += left * right[c];
        }
      }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) s[r][c] = t[r][c];
  }

  // The tile of `s` that begins at (kRow, kColumn), and those after it.
  template <int kRow, int kColumn>
  static NADIR_INLINE void add_tiles(Block& s, const float* a, int a_row, const float* b, int b_row, int step,
                                     int count) {
    constexpr int kRows = kBlock - kRow < kTileRows ? kBlock - kRow : kTileRows;
    constexpr int kColumns = kBlock - kColumn < kTileColumns ? kBlock - kColumn : kTileColumns;
    V t[kRows][kColumns];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) t[r][c] = V{};
    add_tile(t, a + std::ptrdiff_t(kRow * a_row) * kLanes, a_row, b + std::ptrdiff_t(kColumn * b_row) * kLanes, b_row,
             step, count);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) s.at[kRow + r][kColumn + c] = t[r][c];
    if constexpr (kColumn + kColumns < kBlock)
      add_tiles<kRow, kColumn + kColumns>(s, a, a_row, b, b_row, step, count);
    else if constexpr (kRow + kRows < kBlock)
      add_tiles<kRow + kRows, 0>(s, a, a_row, b, b_row, step, count);
  }

  static NADIR_INLINE void products(Block& s, const float* a, int a_row, const float* b, int b_row, int step,
                                    int count) {
    add_tiles<0, 0>(s, a, a_row, b, b_row, step, count);
  }

  static NADIR_INLINE void store(const Block& s, float* a) {
    for (int i = 0; i < kBlock; ++i)
      for (int j = 0; j < kBlock; ++j) at(a, i * kSamples + j) = s.at[i][j];
  }

  static NADIR_INLINE void store_transposed(const Block& s, float* a) {
    for (int i = 0; i < kBlock; ++i)
      for (int j = 0; j < kBlock; ++j) at(a, j * kSamples + i) = s.at[i][j];
  }

  static NADIR_INLINE float* entry(float* a, int row, int column) {
    return a + std::ptrdiff_t(row * kSamples + column) * kLanes;
  }

  static NADIR_INLINE void remove_mean(const BatchMemory& m) {
    const float share = 1.0f / float(m.similar);
    for (int p = 0; p < kSamples; ++p) {
      float* x = m.patches + std::ptrdiff_t(p / kBlock * m.similar * kBlock + p % kBlock) * kLanes;
      V sum = V{};
      for (int j = 0; j < m.similar; ++j) sum += at(x, j * kBlock);
      sum *= share;
      for (int j = 0; j < m.similar; ++j) at(x, j * kBlock) -= sum;
      at(m.mean, p) = sum;
    }
  }

  // out = scale a' a + diagonal I, symmetric. The columns of a come in blocks of kBlock, each `block` entries after the
  // last; within one, rows are `row` entries apart and `count` in number.
  static NADIR_INLINE void gram(const float* a, int block, int row, int count, float scale, const V& diagonal,
                                float* out) {
    for (int i = 0; i < kSamples; i += kBlock)
      for (int j = 0; j <= i; j += kBlock) {
        Block s;
        products(s, a + std::ptrdiff_t(i / kBlock * block) * kLanes, 1, a + std::ptrdiff_t(j / kBlock * block) * kLanes,
                 1, row, count);
        for (auto& r : s.at)
          for (V& v : r) v *= scale;
        if (i == j)
          for (int d = 0; d < kBlock; ++d) s.at[d][d] += diagonal;
        store(s, entry(out, i, j));
        store_transposed(s, entry(out, j, i));
      }
  }

  // t^2, or the least that float32 can tell from the covariance.
  static NADIR_INLINE void square_threshold(const float* covariance, float t, V& t2) {
    V trace = V{};
    for (int i = 0; i < kSamples; ++i) trace += at(covariance, i * kSamples + i);
    const V least = kLeastThreshold * trace * trace;
    const V wanted = V{} + t * t;
    t2 = wanted > least ? wanted : least;
  }

  static NADIR_INLINE void square_root(V& v) {
    for (int l = 0; l < kWidth; ++l) v[l] = std::sqrt(v[l]);
  }

  // In place: the lower Cholesky factor of a block, pivots at least `floor` (what rounding may have taken from them),
  // and its inverse, transposed and with zeros below the diagonal.
  static NADIR_INLINE void factorise(Block& s, const V& floor, Block& inverse) {
    for (auto& row : inverse.at)
      for (V& v : row) v = V{};
    for (int j = 0; j < kBlock; ++j) {
      V pivot = s.at[j][j];
      for (int k = 0; k < j; ++k) pivot -= s.at[j][k] * s.at[j][k];
      pivot = pivot > floor ? pivot : floor;
      square_root(pivot);
      s.at[j][j] = pivot;
      inverse.at[j][j] = 1.0f / pivot;
      for (int i = j + 1; i < kBlock; ++i) {
        V v = s.at[i][j];
        for (int k = 0; k < j; ++k) v -= s.at[i][k] * s.at[j][k];
        s.at[i][j] = v * inverse.at[j][j];
      }
    }
    for (int j = 0; j < kBlock; ++j)
      for (int i = j + 1; i < kBlock; ++i) {
        V v = V{};
        for (int k = j; k < i; ++k) v -= s.at[i][k] * inverse.at[j][k];
        inverse.at[j][i] = v * inverse.at[i][i];
      }
  }

  // s := s M' for the transposed inverse M' of a triangular block (upper triangle: m[k][j], k <= j).
  static NADIR_INLINE void times_inverse(Block& s, const Block& m) {
    for (auto& row : s.at)
      for (int j = kBlock - 1; j >= 0; --j) {
        V v = row[j] * m.at[j][j];
        for (int k = 0; k < j; ++k) v += row[k] * m.at[k][j];
        row[j] = v;
      }
  }

  // a := its lower Cholesky factor L; inverse := (L^-1)', upper triangle.
  static NADIR_INLINE void invert_factor(float* a, const V& floor, float* inverse) {
    for (int j = 0; j < kSamples; j += kBlock) {
      Block diagonal_inverse;
      for (int i = j; i < kSamples; i += kBlock) {
        Block s;
        products(s, entry(a, i, 0), kSamples, entry(a, j, 0), kSamples, 1, j);
        for (int r = 0; r < kBlock; ++r)
          for (int c = 0; c < kBlock; ++c) s.at[r][c] = at(a, (i + r) * kSamples + j + c) - s.at[r][c];
        if (i == j)
          factorise(s, floor, diagonal_inverse);
        else
          times_inverse(s, diagonal_inverse);
        store(s, entry(a, i, j));
      }
      store(diagonal_inverse, entry(inverse, j, j));
      // Row block j of L^-1 left of the diagonal: -L_jj^-1 times the sum of L_jk (L^-1)_kc, transposed.
      for (int c = 0; c < j; c += kBlock) {
        Block s;
        products(s, entry(inverse, c, c), kSamples, entry(a, j, c), kSamples, 1, j - c);
        for (auto& r : s.at)
          for (V& v : r) v = -v;
        times_inverse(s, diagonal_inverse);
        store(s, entry(inverse, c, j));
      }
    }
  }

  // f = I - t2 u u' for the upper triangle u, full and symmetric; `squares` := the sum of its squares.
  static NADIR_INLINE void filter_matrix(float* u, const V& t2, float* f, V& squares) {
    V sum = V{};
    for (int i = 0; i < kSamples; i += kBlock)
      for (int j = 0; j <= i; j += kBlock) {
        Block s;
        products(s, entry(u, i, i), kSamples, entry(u, j, i), kSamples, 1, kSamples - i);
        for (int r = 0; r < kBlock; ++r)
          for (int c = 0; c < kBlock; ++c) {
            s.at[r][c] = (i + r == j + c ? 1.0f : 0.0f) - t2 * s.at[r][c];
            sum += (i == j ? 1.0f : 2.0f) * s.at[r][c] * s.at[r][c];
          }
        store(s, entry(f, i, j));
        store_transposed(s, entry(f, j, i));
      }
    squares = sum;
  }

  // patch := f patch + mean, for kPatches patches from j on
  template <int kPatches>
  static NADIR_INLINE void filter_some(const BatchMemory& m, int j) {
    alignas(64) float shrunk[kSamples * kPatches * kLanes];
    float* x = m.patches + std::ptrdiff_t(j) * kBlock * kLanes;
    const int block = m.similar * kBlock;
    for (int i = 0; i < kSamples / kBlock; ++i) filter_columns<kPatches, 0>(m, x, block, i, shrunk);
    for (int i = 0; i < kSamples / kBlock; ++i)
      for (int e = 0; e < kPatches * kBlock; ++e) at(x, i * block + e) = at(shrunk, i * kPatches * kBlock + e);
  }

  // The samples of block i from kColumn on.
  template <int kPatches, int kColumn>
  static NADIR_INLINE void filter_columns(const BatchMemory& m, const float* x, int block, int i, float* shrunk) {
    constexpr int kColumns = kBlock - kColumn < kTileColumns ? kBlock - kColumn : kTileColumns;
    const int column = i * kBlock + kColumn;
    V s[kPatches][kColumns];
#pragma GCC unroll 8
    for (int r = 0; r < kPatches; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) s[r][c] = at(m.mean, column + c);
    const float* f = m.covariance + std::ptrdiff_t(column) * kSamples * kLanes;
    add_tile(s, x, kBlock, f, kSamples, 1, kBlock, kSamples / kBlock, block, kBlock);
#pragma GCC unroll 8
    for (int r = 0; r < kPatches; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) at(shrunk, (i * kPatches + r) * kBlock + kColumn + c) = s[r][c];
    if constexpr (kColumn + kColumns < kBlock) filter_columns<kPatches, kColumn + kColumns>(m, x, block, i, shrunk);
  }

  static NADIR_INLINE void filter_patches(const BatchMemory& m, int used) {
    constexpr int kPatches = kTileRows;
    int j = 0;
    for (; j + kPatches <= used; j += kPatches) filter_some<kPatches>(m, j);
    for (; j < used; ++j) filter_some<1>(m, j);
  }
};

}  // namespace nadir
