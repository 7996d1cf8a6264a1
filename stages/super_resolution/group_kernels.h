// The shrinkage of groups of similar patches as a functor: operation by operation what LaneShrinkage does to one lane,
// so the bits are the same.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "pipeline/backend/launch_blocks.h"
#include "stages/super_resolution/shrinkage_constants.h"

namespace nadir {

/// One block shrinks one group; see GroupBatch::shrink. Matrices are factorised in as many columns at once as there,
/// because that decides the order of sums.
template <int kEdge>
struct ShrinkGroup {
  static constexpr int kThreads = 160;
  static constexpr int kSamples = kEdge * kEdge;
  static constexpr int kMatrix = kSamples * kSamples;
  static constexpr int kColumns = batch_block(kEdge);
  static_assert(kSamples % kColumns == 0);

  const float* pyramid;
  std::ptrdiff_t stride;
  const std::int32_t* matches;  ///< of all references
  int similar;
  float t;
  int first;       ///< reference of block 0
  int image_end;   ///< indices from here on are of copies, whose shrunk patches are of no use
  float* shrunk;   ///< [block][patch][sample]
  float* weights;  ///< [block]

  struct Shared {
    float mean[kSamples];
    float covariance[kMatrix];  ///< then the filter
    float factor[kMatrix];
    float inverse[kMatrix];              ///< transposed: an upper triangle
    float diagonal[kColumns][kColumns];  ///< inverse of the block on the diagonal, transposed
    float t2;
  };

  std::size_t shared_bytes() const { return sizeof(Shared) + sizeof(float) * std::size_t(kSamples * similar); }

  static constexpr int kBefore = 6;  // phases before the factorisation
  static constexpr int kFactorPhases = 3 * (kSamples / kColumns);
  HD int phases(int) const { return kBefore + kFactorPhases + 2; }

  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    Shared& s = *reinterpret_cast<Shared*>(memory);
    float* const x = reinterpret_cast<float*>(memory + sizeof(Shared));
    const std::int32_t* const from = matches + std::ptrdiff_t(first + block) * similar;
    if (phase == 0) return gather(from, x, thread);
    if (phase == 1) return remove_mean(s, x, thread);
    if (phase == 2) return gram(x, similar, 1.0f / float(similar), s.covariance, thread);
    if (phase == 3) return gram(s.covariance, kSamples, 1, s.factor, thread);
    if (phase == 4) return square_threshold(s, thread);
    if (phase == 5) return add_threshold(s, thread);
    const int column = (phase - kBefore) / 3 * kColumns;
    if (phase < kBefore + kFactorPhases) {
      if (phase % 3 == kBefore % 3) return begin_column(s, column, thread);
      if (phase % 3 == (kBefore + 1) % 3) return factorise_diagonal(s, column, thread);
      return end_column(s, column, thread);
    }
    if (phase == kBefore + kFactorPhases) return make_filter(s, thread);
    finish(s, x, from, block, thread);
  }

 private:
  static constexpr int kLast = kThreads - 32;  // the last warp sums the weight up while the others filter
  static constexpr int kPatchesOfTile = 4;     // divides the number of patches, see SearchSettings
  static constexpr int kSamplesOfTile = kEdge == 5 ? 5 : 3;

  HD void gather(const std::int32_t* from, float* x, int thread) const {
    for (int i = thread; i < similar * kSamples; i += kThreads) {
      const int s = i % kSamples;
      x[i] = pyramid[from[i / kSamples] + s / kEdge * stride + s % kEdge];
    }
  }

  HD void remove_mean(Shared& s, float* x, int thread) const {
    const float share = 1.0f / float(similar);
    for (int p = thread; p < kSamples; p += kThreads) {
      float sum = 0;
      for (int j = 0; j < similar; ++j) sum += x[j * kSamples + p];
      sum *= share;
      for (int j = 0; j < similar; ++j) x[j * kSamples + p] -= sum;
      s.mean[p] = sum;
    }
  }

  // Sums that a thread keeps in registers, so that it loads less than a sum's two factors for each.
  template <int kHeight, int kWidth>
  struct SumTile {
    float at[kHeight][kWidth];

    /// += sum over k < count of a[r * a_row + k * a_step] b[c + k * b_step]
    HD void add(const float* a, int a_row, int a_step, const float* b, int b_step, int count) {
      for (int k = 0; k < count; ++k, a += a_step, b += b_step) {
        float right[kWidth];
        for (int c = 0; c < kWidth; ++c) right[c] = b[c];
        for (int r = 0; r < kHeight; ++r) {
          const float left = a[r * a_row];
          for (int c = 0; c < kWidth; ++c) at[r][c] += left * right[c];
        }
      }
    }
  };
  // Of matrices: 144 or 125 of them.
  static constexpr int kTileRows = kEdge == 5 ? 1 : 3;
  static constexpr int kTileColumns = kEdge == 5 ? 5 : 3;
  static_assert(kSamples % kTileRows == 0 && kSamples % kTileColumns == 0);
  static constexpr int kTilesAcross = kSamples / kTileColumns;
  static constexpr int kTiles = kTilesAcross * (kSamples / kTileRows);

  // out = scale a' a for `rows` rows of a.
  HD static void gram(const float* a, int rows, float scale, float* out, int thread) {
    for (int e = thread; e < kTiles; e += kThreads) {
      const int i = e / kTilesAcross * kTileRows;
      const int j = e % kTilesAcross * kTileColumns;
      SumTile<kTileRows, kTileColumns> sums{};
      sums.add(a + i, 1, kSamples, a + j, kSamples, rows);
      for (int r = 0; r < kTileRows; ++r)
        for (int c = 0; c < kTileColumns; ++c) out[(i + r) * kSamples + j + c] = sums.at[r][c] * scale;
    }
  }

  HD void square_threshold(Shared& s, int thread) const {
    if (thread != 0) return;
    float trace = 0;
    for (int i = 0; i < kSamples; ++i) trace += s.covariance[i * kSamples + i];
    const float least = kLeastThreshold * trace * trace;
    const float wanted = t * t;
    s.t2 = wanted > least ? wanted : least;
  }

  // The diagonal of C^2 + t^2 I
  HD static void add_threshold(Shared& s, int thread) {
    for (int i = thread; i < kSamples; i += kThreads) s.factor[i * kSamples + i] += s.t2;
  }

  // What the columns before contribute to these: rows from `column` on of the factor, rows above of the inverse.
  HD static void begin_column(Shared& s, int column, int thread) {
    for (int e = thread; e < kSamples * kColumns; e += kThreads) {
      const int row = e / kColumns;
      const int c = column + e % kColumns;
      float sum = 0;
      if (row >= column) {
        for (int k = 0; k < column; ++k) sum += s.factor[row * kSamples + k] * s.factor[c * kSamples + k];
        s.factor[row * kSamples + c] = s.factor[row * kSamples + c] - sum;
      } else {
        const int begin = row / kColumns * kColumns;
        for (int k = begin; k < column; ++k) sum += s.inverse[row * kSamples + k] * s.factor[c * kSamples + k];
        s.inverse[row * kSamples + c] = -sum;
      }
    }
  }

  // In place, as LaneShrinkage::factorise.
  HD static void factorise_diagonal(Shared& s, int column, int thread) {
    if (thread != 0) return;
    float a[kColumns][kColumns];
    float m[kColumns][kColumns];
    for (int i = 0; i < kColumns; ++i)
      for (int j = 0; j < kColumns; ++j) {
        a[i][j] = s.factor[(column + i) * kSamples + column + j];
        m[i][j] = 0;
      }
    for (int j = 0; j < kColumns; ++j) {
      float pivot = a[j][j];
      for (int k = 0; k < j; ++k) pivot -= a[j][k] * a[j][k];
      pivot = pivot > s.t2 ? pivot : s.t2;
      pivot = sqrtf(pivot);
      a[j][j] = pivot;
      m[j][j] = 1.0f / pivot;
      for (int i = j + 1; i < kColumns; ++i) {
        float v = a[i][j];
        for (int k = 0; k < j; ++k) v -= a[i][k] * a[j][k];
        a[i][j] = v * m[j][j];
      }
    }
    for (int j = 0; j < kColumns; ++j)
      for (int i = j + 1; i < kColumns; ++i) {
        float v = 0;
        for (int k = j; k < i; ++k) v -= a[i][k] * m[j][k];
        m[j][i] = v * m[i][i];
      }
    for (int i = 0; i < kColumns; ++i)
      for (int j = 0; j < kColumns; ++j) {
        s.factor[(column + i) * kSamples + column + j] = a[i][j];
        s.inverse[(column + i) * kSamples + column + j] = m[i][j];
        s.diagonal[i][j] = m[i][j];
      }
  }

  // Times the inverse of the block on the diagonal: the rows below it of the factor, those above of the inverse.
  HD static void end_column(Shared& s, int column, int thread) {
    for (int row = thread; row < kSamples; row += kThreads) {
      if (row >= column && row < column + kColumns) continue;
      float* const v = (row < column ? s.inverse : s.factor) + row * kSamples + column;
      for (int j = kColumns - 1; j >= 0; --j) {
        float sum = v[j] * s.diagonal[j][j];
        for (int k = 0; k < j; ++k) sum += v[k] * s.diagonal[k][j];
        v[j] = sum;
      }
    }
  }

  // I - t^2 (C^2 + t^2 I)^-1, in the place of the covariance.
  HD static void make_filter(Shared& s, int thread) {
    for (int e = thread; e < kMatrix; e += kThreads) {
      const int i = e / kSamples;
      const int j = e % kSamples;
      float sum = 0;
      for (int k = (i > j ? i : j) / kColumns * kColumns; k < kSamples; ++k)
        sum += s.inverse[i * kSamples + k] * s.inverse[j * kSamples + k];
      s.covariance[e] = (i == j ? 1.0f : 0.0f) - s.t2 * sum;
    }
  }

  HD void finish(const Shared& s, const float* x, const std::int32_t* from, int block, int thread) const {
    if (thread >= kLast) {
      if (thread == kLast) weights[block] = 1.0f / (sum_of_squares(s) + kGroupWeightFloor);
      return;
    }
    constexpr int kAcross = kSamples / kSamplesOfTile;
    static_assert(kSamples % kSamplesOfTile == 0);
    for (int e = thread; e < similar / kPatchesOfTile * kAcross; e += kLast) {
      const int j = e / kAcross * kPatchesOfTile;
      const int p = e % kAcross * kSamplesOfTile;
      bool wanted = false;
      for (int r = 0; r < kPatchesOfTile; ++r) wanted = wanted || from[j + r] < image_end;
      if (!wanted) continue;
      SumTile<kPatchesOfTile, kSamplesOfTile> sums;
      for (int r = 0; r < kPatchesOfTile; ++r)
        for (int c = 0; c < kSamplesOfTile; ++c) sums.at[r][c] = s.mean[p + c];
      sums.add(x + j * kSamples, kSamples, 1, s.covariance + p, kSamples, kSamples);
      float* const out = shrunk + (std::ptrdiff_t(block) * similar + j) * kSamples + p;
      for (int r = 0; r < kPatchesOfTile; ++r)
        for (int c = 0; c < kSamplesOfTile; ++c) out[r * kSamples + c] = sums.at[r][c];
    }
  }

  // Of the filter, block by block of its lower triangle.
  HD static float sum_of_squares(const Shared& s) {
    float sum = 0;
    for (int i = 0; i < kSamples; i += kColumns)
      for (int j = 0; j <= i; j += kColumns)
        for (int r = 0; r < kColumns; ++r)
          for (int c = 0; c < kColumns; ++c) {
            const float f = s.covariance[(i + r) * kSamples + j + c];
            sum += (i == j ? 1.0f : 2.0f) * f * f;
          }
    return sum;
  }
};

}  // namespace nadir
