// Launches of the search; compiled as C++ or as CUDA.
#include "stages/super_resolution/search_ops.h"

#include <algorithm>

#include "stages/super_resolution/pyramid_kernels.h"
#include "stages/super_resolution/search_kernels.h"

namespace nadir {
namespace {

// More blocks run side by side where each takes less; every device that we build for gives a block this much.
constexpr std::size_t kMostShared = 96 << 10;
constexpr std::size_t kScratch = 64 << 20;  // bytes, where distances do not fit there

// Of one reference, at most.
struct Candidates {
  int rows = 0;
  int count = 0;
};

Candidates most_candidates(const PyramidLayout& layout, const SearchSettings& s) {
  Candidates all;
  for (std::size_t l = 0; l < layout.levels().size(); ++l) {
    const PyramidLayout::Level& level = layout.levels()[l];
    const int radius = l == 0 ? s.radius : s.copy_radius;
    const int dense = l == 0 ? std::min(radius, s.dense_rows) : -1;
    const int step = l == 0 ? s.row_step : s.copy_row_step;
    const int beyond = 2 * radius + 1 - (2 * dense + 1);
    const int rows = std::min(level.height, 2 * dense + 1 + beyond / step + 2);
    all.rows += rows;
    all.count += rows * std::min(level.width, 2 * radius + 1);
  }
  return all;
}

}  // namespace

PyramidOps::PyramidOps(Exec& exec, const PyramidLayout& layout) : exec_(exec), layout_(layout) {
  if (layout.levels().size() > kMostLevels)
    throw Error(Fault::internal, "more downscaled copies than kernels can take");
  for (std::size_t l = 1; l < layout.levels().size(); ++l) {
    const PyramidLayout::Level& level = layout.levels()[l];
    tables_.push_back(std::unique_ptr<Tables>(new Tables{{exec, level.columns.entries}, {exec, level.rows.entries}}));
  }
}

void PyramidOps::fill_copies(float* pyramid) const {
  for (std::size_t l = 1; l < layout_.levels().size(); ++l) {
    const PyramidLayout::Level& level = layout_.levels()[l];
    const Tables& tables = *tables_[l - 1];
    for_each(exec_, 1, {0, 0, level.width, level.height},
             FillCopy{pyramid, layout_.stride(), level.top, tables.columns.data(), tables.rows.data()}, "fill_copy");
  }
}

void PyramidOps::quantize(const float* pyramid, std::int16_t* guide) const {
  for (const PyramidLayout::Level& level : layout_.levels())
    for_each(exec_, 1, {0, level.top, level.width, level.height}, QuantizeGuide{pyramid, guide, layout_.stride()},
             "quantize_guide");
}

template <int kPatch>
void PyramidOps::match_with(const std::int16_t* guide, const ReferenceGrid& grid, const SearchSettings& s,
                            int iteration, std::int32_t* matches) const {
  const Candidates most = most_candidates(layout_, s);
  FindMatches<kPatch> f{};
  f.guide = guide;
  f.stride = layout_.stride();
  f.level_count = int(layout_.levels().size());
  for (int l = 0; l < f.level_count; ++l) {
    const PyramidLayout::Level& level = layout_.levels()[std::size_t(l)];
    f.levels[l] = {level.factor, level.width, level.height, level.top, level.first_x, level.first_y};
  }
  f.origin_x = layout_.origin().x, f.origin_y = layout_.origin().y;
  f.patch = s.patch, f.similar = s.similar;
  f.radius = s.radius, f.copy_radius = s.copy_radius, f.dense_rows = s.dense_rows;
  f.row_step = s.row_step, f.copy_row_step = s.copy_row_step;
  f.copy_penalty = copy_penalty_steps(s.copy_penalty, s.patch);
  f.copy_handicap = s.copy_handicap;
  f.iteration = iteration;
  f.rows = grid.rows, f.columns = grid.columns;
  f.most_rows = most.rows, f.most_candidates = most.count;
  f.matches = matches;
  if (f.shared_bytes() <= kMostShared) return for_each_block(exec_, grid.count(), f, "find_matches");
  const std::size_t each = std::size_t(most.count);
  const int at_once =
      int(std::clamp<std::size_t>(kScratch / (each * sizeof(std::int32_t)), 1, std::size_t(grid.count())));
  const Portion<std::int32_t> scratch = allocate_what_fits<std::int32_t>(exec_, at_once, each);
  f.distances = scratch.room->data();
  for (f.first = 0; f.first < grid.count(); f.first += scratch.count)
    for_each_block(exec_, std::min(scratch.count, grid.count() - f.first), f, "find_matches");
}

void PyramidOps::match(const std::int16_t* guide, const ReferenceGrid& grid, const SearchSettings& s, int iteration,
                       std::int32_t* matches) const {
  switch (s.patch) {
    case 5: return match_with<5>(guide, grid, s, iteration, matches);
    case 6: return match_with<6>(guide, grid, s, iteration, matches);
    case 8: return match_with<8>(guide, grid, s, iteration, matches);
    default: return match_with<0>(guide, grid, s, iteration, matches);
  }
}

}  // namespace nadir
