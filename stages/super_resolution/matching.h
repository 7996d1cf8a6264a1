// The search for similar patches: for every reference patch the nearest ones around it, in the image and its copies.
#pragma once

#include <cstdint>
#include <vector>

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
};

/// Reference patches: a regular grid whose offset moves with the iteration, closed by the first and last patch.
struct ReferenceGrid {
  std::vector<int> rows, columns;
  ReferenceGrid(Size size, int patch, int iteration);
  int count() const { return int(rows.size() * columns.size()); }
};

/// For every reference, row by row, `similar` indices of patches in the pyramid, in ascending order.
using MatchList = std::vector<std::int32_t>;

/// What patches are compared by: whole numbers, half a grey level a step, and so few that every sum of squares is exact
/// in float32. So ties are ties on every machine.
class Guide {
 public:
  Guide(const PyramidLayout& layout, int patch);
  std::vector<float>& pyramid() { return pyramid_; }
  /// Rounds the pyramid and sums the energies of all patches.
  void quantize(const Exec& exec);

  /// The `similar` patches with the least sum of squared differences, ties decided by the lower index; repeated where
  /// there are fewer candidates.
  MatchList match(const Exec& exec, const ReferenceGrid& grid, const SearchSettings& settings, int iteration) const;

 private:
  class Search;

  const PyramidLayout& layout_;
  int patch_;
  std::vector<float> pyramid_;
  std::vector<float> energy_;  ///< of the patch whose first sample is here
};

}  // namespace nadir
