// The search for similar patches: for every reference patch the nearest ones around it, in the image and its copies.
#include "stages/super_resolution/matching.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "pipeline/backend/simd.h"
#include "stages/super_resolution/guide_units.h"

namespace nadir {
namespace {

constexpr int kRowsPerTask = 4;  // of references

std::size_t whole_lanes(int n) { return std::size_t((n + kScanLanes - 1) / kScanLanes * kScanLanes); }

// Samples to pairs of whole numbers; reads one sample more than it writes.
NADIR_SIMD_CLONES void quantize_pairs(const float* samples, std::ptrdiff_t count, std::int32_t* q,
                                      std::int32_t* pairs) {
  for (std::ptrdiff_t i = 0; i <= count; ++i) q[i] = guide_steps(samples[i]);
  for (std::ptrdiff_t i = 0; i < count; ++i)
    pairs[i] = std::int32_t((std::uint32_t(q[i]) & 0xffffU) | (std::uint32_t(q[i + 1]) << 16));
}

// Sums, and sums of squares, of the patches that start in one row; `columns` is two rows of scratch.
NADIR_SIMD_CLONES void sum_patches(const std::int32_t* pairs, int stride, int patch, int width, std::int32_t* columns,
                                   std::int32_t* sum, std::int32_t* energy) {
  std::int32_t* squares = columns + width;
  for (int x = 0; x < 2 * width; ++x) columns[x] = 0;
  for (int p = 0; p < patch; ++p) {
    const std::int32_t* row = pairs + std::ptrdiff_t(p) * stride;
    for (int x = 0; x < width; ++x) {
      const std::int32_t q = std::int16_t(row[x]);
      columns[x] += q;
      squares[x] += q * q;
    }
  }
  for (int x = 0; x + patch <= width; ++x) sum[x] = energy[x] = 0;
  for (int p = 0; p < patch; ++p)
    for (int x = 0; x + patch <= width; ++x) {
      sum[x] += columns[x + p];
      energy[x] += squares[x + p];
    }
}

// How many of n (whole lanes) distances are at most `limit`.
NADIR_SIMD_CLONES int count_within(const std::int32_t* d, int n, std::int32_t limit) {
  int count = 0;
  for (int i = 0; i < n; ++i) count += d[i] <= limit;
  return count;
}

}  // namespace

ReferenceAxis::ReferenceAxis(int last, int offset, int stride) : stride_(stride), last_(std::max(0, last)) {
  const int least = offset - floor_div(offset, stride) * stride;
  second_ = least > 0 ? least : stride;
  const int regular = second_ < last_ ? ceil_div(last_ - second_, stride) : 0;
  count_ = 1 + regular + (last_ > 0);
}

ReferenceGrid::ReferenceGrid(Size size, int patch, int iteration, Origin origin, int stride)
    : rows(size.height - patch, 3 * iteration + iteration / stride - origin.y, stride),
      columns(size.width - patch, 5 * iteration - origin.x, stride) {}

Guide::Guide(const PyramidLayout& layout, int patch, Simd simd)
    : layout_(&layout),
      patch_(patch),
      simd_(simd),
      // an odd number of cache lines: rows of a power of two would contend for the same sets
      stride_((ceil_div(layout.stride(), kScanLanes) | 1) * kScanLanes),
      pyramid_(layout.samples()) {
  const PyramidLayout::Level& last = layout.levels().back();
  for (Map* map : {&pairs_, &energy_, &sketch_}) map->resize(place(last.top + last.height) / kScanLanes + 2);
}

void Guide::quantize(const Exec& exec) {
  constexpr int kRows = 32;
  for (const PyramidLayout::Level& level : layout_->levels()) {
    exec.parallel(ceil_div(level.height, kRows), [&](int task) {
      std::vector<std::int32_t> q(std::size_t(level.width) + 1);
      for (int y = task * kRows; y < std::min(level.height, (task + 1) * kRows); ++y)
        quantize_pairs(&pyramid_[std::size_t(level.top + y) * std::size_t(layout_->stride())], level.width, q.data(),
                       pairs_.data()->at + place(level.top + y));
    });
    exec.parallel(ceil_div(level.height - patch_ + 1, kRows), [&](int task) {
      std::vector<std::int32_t> columns(2 * std::size_t(level.width)), sums(std::size_t(level.width));
      const int end = std::min(level.height - patch_ + 1, (task + 1) * kRows);
      for (int y = task * kRows; y < end; ++y) {
        const std::size_t at = place(level.top + y);
        std::int32_t* const energy = energy_.data()->at + at;
        sum_patches(pairs() + at, stride_, patch_, level.width, columns.data(), sums.data(), energy);
        sketch_patches(patch_, sums.data(), energy, level.width - patch_ + 1, sketch_.data()->at + at);
      }
    });
  }
}

// The search around one reference after the other. The last distance is the guess for the next one; the rows around the
// reference, which hold most of the nearest, then bound it, and most other candidates are rejected by their sketches.
class Guide::Search {
 public:
  Search(const Guide& guide, const SearchSettings& settings, int iteration)
      : guide_(guide), settings_(settings), iteration_(iteration) {
    scan_.pairs = guide.pairs();
    scan_.energy = guide.energy_.data()->at;
    scan_.sketch = guide.sketch_.data()->at;
    scan_.stride = guide.stride_;
    scan_.patch = guide.patch_;
    copy_penalty_ = copy_penalty_steps(settings.copy_penalty, scan_.patch);
    std::size_t most = 0;
    for (std::size_t l = 0; l < guide.layout_->levels().size(); ++l) {
      const int edge = 2 * (l == 0 ? settings.radius : settings.copy_radius) + 1;
      most += std::size_t(std::min(edge, guide.layout_->levels()[l].height)) *
              std::size_t(std::min(edge, guide.layout_->levels()[l].width));
    }
    for (auto* v : {&distances_, &indices_, &chosen_}) v->resize(most + kScanLanes);
  }

  void find(int row, int column, std::int32_t* matches) {
    set_reference(int(guide_.place(row)) + column);
    list_runs(row, column);
    const int wanted = std::min(settings_.similar, candidates_);
    // Too much costs little where the rows around the reference narrow it before the others are searched.
    for (std::int32_t limit = loose(guess_, all_dense() ? 2 : 6);; limit = loose(limit, 4)) {
      collect(limit, wanted);
      if (near_.count >= wanted) break;
    }
    select(wanted, matches);
  }

 private:
  static std::int32_t loose(std::int32_t limit, int times) {
    constexpr std::int32_t kMost = 1 << 30;  // no two patches are further apart
    return limit < kMost / times ? limit * times + 64 : kMost;
  }

  bool all_dense() const { return dense_ == 0 && dense_end_ == runs_.size(); }

  // `row` of the scene, or of its copy.
  bool is_searched(std::size_t level, int row, int distance) const {
    if (level > 0) return (row + iteration_) % settings_.copy_row_step == 0;
    return distance <= settings_.dense_rows || (row + iteration_) % settings_.row_step == 0;
  }

  void set_reference(int at) {
    const int pairs = (scan_.patch + 1) / 2;
    for (int p = 0; p < scan_.patch; ++p)
      for (int h = 0; h < pairs; ++h) {
        const std::int32_t pair = scan_.pairs[at + p * scan_.stride + 2 * h];
        const bool half = 2 * h + 1 == scan_.patch;
        scan_.reference[p * pairs + h] = half ? pair & 0xffff : pair;
      }
    scan_.reference_energy = scan_.energy[at];
    scan_.reference_sketch = scan_.sketch[at];
  }

  // Where the candidates are: runs in ascending order, those of the rows around the reference in [dense_, dense_end_).
  void list_runs(int row, int column) {
    runs_.clear();
    candidates_ = 0;
    dense_ = dense_end_ = copies_ = 0;
    for (std::size_t l = 0; l < guide_.layout_->levels().size(); ++l) {
      const PyramidLayout::Level& level = guide_.layout_->levels()[l];
      const int radius = l == 0 ? settings_.radius : settings_.copy_radius;
      const int y0 = int(float(row + guide_.layout_->origin().y) / level.factor + 0.5f) - level.first_y;
      const int x0 = int(float(column + guide_.layout_->origin().x) / level.factor + 0.5f) - level.first_x;
      const int left = std::max(0, x0 - radius);
      const int count = std::min(level.width - scan_.patch, x0 + radius) - left + 1;
      if (count <= 0) continue;
      const int bottom = std::min(level.height - scan_.patch, y0 + radius);
      for (int y = std::max(0, y0 - radius); y <= bottom; ++y) {
        if (!is_searched(l, y + level.first_y, std::abs(y - y0))) continue;
        const int above = level.top + y;
        runs_.push_back({int(guide_.place(above)) + left, above * guide_.layout_->stride() + left, count});
        candidates_ += count;
        if (l == 0) copies_ = runs_.size();
        if (l > 0 || y > y0 + settings_.dense_rows) continue;
        dense_end_ = runs_.size();
        if (y < y0 - settings_.dense_rows) dense_ = runs_.size();
      }
    }
  }

  // All candidates within `limit`, or fewer if there are `wanted` nearer ones among the rows around the reference.
  void collect(std::int32_t limit, int wanted) {
    const std::span<const PatchRun> runs(runs_);
    near_ = {distances_.data(), indices_.data(), 0};
    scan_.set_limit(limit);
    scan_patches(guide_.simd_, scan_, runs.subspan(dense_, dense_end_ - dense_), near_);
    const int dense = near_.count;
    if (all_dense()) return;
    if (dense >= wanted) scan_.set_limit(near_enough(wanted, wanted / 4));
    scan_patches(guide_.simd_, scan_, runs.first(dense_), near_);
    const int before = near_.count - dense;
    std::rotate(near_.distance, near_.distance + dense, near_.distance + dense + before);
    std::rotate(near_.index, near_.index + dense, near_.index + dense + before);
    scan_patches(guide_.simd_, scan_, runs.subspan(dense_end_, copies_ - dense_end_), near_);
    scan_copies(runs.subspan(copies_));
  }

  // Patches of the copies have to be nearer than others by copy_handicap and copy_penalty.
  void scan_copies(std::span<const PatchRun> runs) {
    const std::int32_t limit = scan_.limit;
    const int first = near_.count;
    scan_.set_limit(std::int32_t(float(limit) / (1 + settings_.copy_handicap)) + 1);
    scan_.reference_energy += copy_penalty_;
    scan_patches(guide_.simd_, scan_, runs, near_);
    scan_.reference_energy -= copy_penalty_;
    scan_.set_limit(limit);
    int n = first;
    for (int i = first; i < near_.count; ++i) {
      near_.distance[n] = near_.distance[i] + std::int32_t(float(near_.distance[i]) * settings_.copy_handicap);
      near_.index[n] = near_.index[i];
      n += near_.distance[n] <= limit;
    }
    near_.count = n;
  }

  // A distance within which there are at least `wanted` patches, and at most `spare` more unless they are equally far.
  std::int32_t near_enough(int wanted, int spare) {
    const int n = int(whole_lanes(near_.count));
    std::fill(near_.distance + near_.count, near_.distance + n, kFarPatch);
    std::int32_t below = -1;
    std::int32_t enough = scan_.limit;
    while (enough - below > 1) {
      const std::int32_t middle = below + (enough - below) / 2;
      const int count = count_within(near_.distance, n, middle);
      (count < wanted ? below : enough) = middle;
      if (count >= wanted && count <= wanted + spare) break;
    }
    return enough;
  }

  // Keeps the order of indices; of equally distant ones the first.
  void select(int wanted, std::int32_t* matches) {
    const std::int32_t limit = near_enough(wanted, 0);
    int n = choose_within(guide_.simd_, near_, limit, chosen_.data());
    if (n > wanted) n = select_ties(wanted, limit);
    for (int i = 0; i < n; ++i) matches[i] = chosen_[std::size_t(i)];
    for (; n < settings_.similar; ++n) matches[n] = matches[n - wanted];
    guess_ = limit;
  }

  // `last` is the largest distance, and more candidates than are left have it.
  int select_ties(int wanted, std::int32_t last) {
    int ties = wanted;
    for (int i = 0; i < near_.count; ++i) ties -= near_.distance[i] < last;
    int n = 0;
    for (int i = 0; i < near_.count; ++i)
      if (near_.distance[i] < last || (near_.distance[i] == last && ties-- > 0))
        chosen_[std::size_t(n++)] = near_.index[i];
    return n;
  }

  const Guide& guide_;
  const SearchSettings& settings_;
  int iteration_;
  PatchScan scan_;
  NearPatches near_{};
  int candidates_ = 0;
  std::size_t dense_ = 0;
  std::size_t dense_end_ = 0;
  std::size_t copies_ = 0;
  std::int32_t copy_penalty_;
  std::int32_t guess_ = 1 << 14;
  std::vector<PatchRun> runs_;
  std::vector<std::int32_t> distances_, indices_, chosen_;
};

MatchList Guide::match(const Exec& exec, const ReferenceGrid& grid, const SearchSettings& settings,
                       int iteration) const {
  MatchList matches(std::size_t(grid.count()) * std::size_t(settings.similar));
  exec.parallel(ceil_div(int(grid.rows.size()), kRowsPerTask), [&](int task) {
    Search search(*this, settings, iteration);
    const std::size_t end = std::min(grid.rows.size(), std::size_t(task + 1) * kRowsPerTask);
    for (std::size_t r = std::size_t(task) * kRowsPerTask; r < end; ++r)
      for (std::size_t c = 0; c < grid.columns.size(); ++c)
        search.find(grid.rows[r], grid.columns[c],
                    &matches[(r * grid.columns.size() + c) * std::size_t(settings.similar)]);
  });
  return matches;
}

}  // namespace nadir
