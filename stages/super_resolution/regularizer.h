// The nonlocal sparsity prior applied to an image: groups of similar patches are shrunk and put back.
#pragma once

#include <vector>

#include "stages/super_resolution/matching.h"

namespace nadir {

/// Rows of references whose patches share one sum. The sums of strips are added in their order, so the result does not
/// depend on which thread computed which.
constexpr int kRowsPerStrip = 8;

/// Shrinks the groups of `matches` in the pyramid with threshold t and aggregates their patches of the original scale,
/// each group with its own weight. Samples that no patch covers keep the value of the pyramid. `out` is dense.
void shrink_groups(const Exec& exec, const PyramidLayout& layout, const std::vector<float>& pyramid,
                   const ReferenceGrid& grid, const MatchList& matches, const SearchSettings& settings, float t,
                   std::vector<float>& out);

/// Working memory of shrink_groups beside its arguments, bytes.
std::size_t shrink_groups_bytes(Size size, const SearchSettings& settings);

}  // namespace nadir
