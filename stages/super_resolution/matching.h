// The search for similar patches: for every reference patch the nearest ones around it, in the image and its copies.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/super_resolution/match_kernels.h"
#include "stages/super_resolution/pyramid.h"

namespace nadir {

struct SearchSettings {
  int patch = 5;          ///< edge of a patch, px
  int similar = 40;       ///< patches a group, a multiple of 4
  int radius = 30;        ///< of the search window in the image, px
  int copy_radius = 20;   ///< in the downscaled copies
  int dense_rows = 6;     ///< rows this near to the reference are all searched …
  int row_step = 4;       ///< … of the others one in so many, another one each iteration
  int copy_row_step = 2;  ///< the same for the copies, everywhere
  /// Added to the distances of patches from the copies, squared grey levels a sample.
  float copy_penalty = 0;
  float copy_handicap = 0.1f;  ///< and this part of them: patches of another scale have to be that much nearer
  Simd simd = widest_simd();
};

/// Pixels between reference patches.
constexpr int kReferenceStride = 7;

/// Positions along one axis, ascending: 0, then those up to `last` that are `offset` beyond a multiple of `stride`, and
/// `last` itself. A plain value, so that kernels take it as an argument.
class ReferenceAxis {
 public:
  ReferenceAxis() = default;
  ReferenceAxis(int last, int offset, int stride);

  HD int count() const { return count_; }
  int stride() const { return stride_; }
  HD int at(int i) const { return i == 0 ? 0 : i < count_ - 1 ? second_ + (i - 1) * stride_ : last_; }
  /// How many lie before a position.
  HD int before(int position) const {
    if (position <= 0) return 0;
    if (position > last_) return count_;
    const int regular = position <= second_ ? 0 : ceil_div(position - second_, stride_);
    return 1 + (regular < count_ - 2 ? regular : count_ - 2);
  }

  std::size_t size() const { return std::size_t(count_); }
  int operator[](std::size_t i) const { return at(int(i)); }
  int front() const { return 0; }
  int back() const { return last_; }

 private:
  int count_ = 1;
  int second_ = 0;
  int stride_ = 1;
  int last_ = 0;
};

/// Reference patches: a regular grid of the scene whose offset moves with the iteration, closed by the first and last
/// patch of the image.
struct ReferenceGrid {
  ReferenceAxis rows, columns;
  ReferenceGrid(Size size, int patch, int iteration, Origin origin = {}, int stride = kReferenceStride);
  int count() const { return rows.count() * columns.count(); }
};

/// For every reference, row by row, `similar` indices of patches in the pyramid, in ascending order.
using MatchList = std::vector<std::int32_t>;

/// What patches are compared by: whole numbers, an eighth of a grey level a step, in [-2047, 2047]. Every sum of
/// squares is exact, so ties are ties on every machine.
class Guide {
 public:
  explicit Guide(const PyramidLayout& layout, int patch, Simd simd = widest_simd());
  /// To be filled with grey levels before `quantize`.
  std::vector<float>& pyramid() { return pyramid_; }
  /// Rounds the pyramid and sums the energies of all patches.
  void quantize(const Exec& exec);
  int quantized(int row, int column) const { return std::int16_t(pairs()[std::ptrdiff_t(row) * stride_ + column]); }

  /// The `similar` patches with the least sum of squared differences, ties decided by the lower index; repeated where
  /// there are fewer candidates.
  MatchList match(const Exec& exec, const ReferenceGrid& grid, const SearchSettings& settings, int iteration) const;

  /// Bytes of a guide over so many samples.
  static std::size_t bytes(std::size_t samples) { return samples * (sizeof(float) + 3 * sizeof(std::int32_t)); }

 private:
  class Search;
  struct alignas(64) Entries {
    std::int32_t at[kScanLanes];
  };
  using Map = std::vector<Entries>;  ///< of all rows of the pyramid, each filled up to whole entries

  std::size_t place(int row) const { return std::size_t(row) * std::size_t(stride_); }
  const std::int32_t* pairs() const { return pairs_.data()->at; }

  const PyramidLayout* layout_;
  int patch_;
  Simd simd_;
  int stride_;  ///< of the maps, samples
  std::vector<float> pyramid_;
  Map pairs_;   ///< a sample in the lower half, its successor in the upper
  Map energy_;  ///< of the patch whose first sample is here
  Map sketch_;
};

}  // namespace nadir
