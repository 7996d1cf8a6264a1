// The search for similar patches: for every reference patch the nearest ones around it, in the image and its copies.
#include "stages/super_resolution/matching.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

constexpr int kStride = 7;       // of the reference grid, px
constexpr int kRowsPerTask = 4;  // of references
constexpr int kLargestPatch = 6;
constexpr float kStepsPerGrey = 2;
// The offset centres [0, 255]; |q| <= 340 keeps 4 * 36 * 340^2 below 2^24, the largest sum that is surely exact.
constexpr float kMiddle = 127.5f;
constexpr float kLimit = 340;
constexpr float kFar = std::numeric_limits<float>::max();

int whole_lanes(int n) { return (n + kLanes - 1) / kLanes * kLanes; }

NADIR_SIMD_CLONES void quantize_samples(float* q, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    float v = (q[i] - kMiddle) * kStepsPerGrey;
    v = v > -kLimit ? v : -kLimit;
    v = v < kLimit ? v : kLimit;
    q[i] = float(int(v + (kLimit + 0.5f))) - kLimit;
  }
}

// Sums of squares of the patches that start in one row; `sums` is one row of scratch.
NADIR_SIMD_CLONES void patch_energies(const float* q, int stride, int patch, int width, float* sums, float* energy) {
  for (int x = 0; x < width; ++x) {
    float sum = 0;
    for (int p = 0; p < patch; ++p) sum += q[std::ptrdiff_t(p) * stride + x] * q[std::ptrdiff_t(p) * stride + x];
    sums[x] = sum;
  }
  for (int x = 0; x + patch <= width; ++x) {
    float sum = 0;
    for (int p = 0; p < patch; ++p) sum += sums[x + p];
    energy[x] = sum;
  }
}

// d[c] = |patch c - reference|^2 = energy[c] + reference_energy - 2 <patch c, reference> for the patches that start at
// guide[c], c < count rounded up to whole lanes.
NADIR_SIMD_CLONES void patch_distances(const float* guide, int stride, int patch, const float* reference,
                                       float reference_energy, const float* energy, int count, float* d) {
  for (int c = 0; c < count; c += 2 * kLanes) {
    Lanes left = Lanes{};
    Lanes right = Lanes{};
    for (int p = 0; p < patch; ++p) {
      const float* row = guide + std::ptrdiff_t(p) * stride + c;
      for (int j = 0; j < patch; ++j) {
        const float r = reference[p * patch + j];
        left += r * *reinterpret_cast<const UnalignedLanes*>(row + j);
        right += r * *reinterpret_cast<const UnalignedLanes*>(row + j + kLanes);
      }
    }
    const UnalignedLanes* e = reinterpret_cast<const UnalignedLanes*>(energy + c);
    UnalignedLanes* out = reinterpret_cast<UnalignedLanes*>(d + c);
    out[0] = e[0] + reference_energy - 2 * left;
    out[1] = e[1] + reference_energy - 2 * right;
  }
}

// How many of n (whole lanes) distances are at most `limit`.
NADIR_SIMD_CLONES int count_within(const float* d, int n, float limit) {
  int count = 0;
  for (int i = 0; i < n; ++i) count += d[i] <= limit;
  return count;
}

// For each run of 16 distances whether any is at most `limit`.
NADIR_SIMD_CLONES void mark_runs(const float* d, int runs, float limit, std::uint8_t* marks) {
  for (int r = 0; r < runs; ++r) {
    int any = 0;
    for (int l = 0; l < kLanes; ++l) any |= d[r * kLanes + l] <= limit;
    marks[r] = std::uint8_t(any);
  }
}

// Positions 0 … last that a grid of the given offset visits, with both ends.
std::vector<int> axis_references(int last, int offset) {
  std::vector<int> at{0};
  for (int v = offset; v < last; v += kStride)
    if (v > 0) at.push_back(v);
  if (last > 0) at.push_back(last);
  return at;
}

}  // namespace

ReferenceGrid::ReferenceGrid(Size size, int patch, int iteration)
    : rows(axis_references(size.height - patch, (3 * iteration + iteration / kStride) % kStride)),
      columns(axis_references(size.width - patch, 5 * iteration % kStride)) {}

Guide::Guide(const PyramidLayout& layout, int patch)
    : layout_(layout), patch_(patch), pyramid_(layout.samples()), energy_(layout.samples()) {}

void Guide::quantize(const Exec& exec) {
  constexpr int kRows = 32;
  const int stride = layout_.stride();
  for (const PyramidLayout::Level& level : layout_.levels()) {
    exec.parallel(ceil_div(level.height, kRows), [&](int task) {
      const int from = task * kRows;
      const int to = std::min(level.height, from + kRows);
      quantize_samples(&pyramid_[std::size_t(level.top + from) * stride], std::ptrdiff_t(to - from) * stride);
    });
    exec.parallel(ceil_div(level.height - patch_ + 1, kRows), [&](int task) {
      std::vector<float> sums(std::size_t(level.width));
      const int end = std::min(level.height - patch_ + 1, (task + 1) * kRows);
      for (int y = task * kRows; y < end; ++y) {
        const std::size_t at = std::size_t(level.top + y) * stride;
        patch_energies(&pyramid_[at], stride, patch_, level.width, sums.data(), &energy_[at]);
      }
    });
  }
}

// The search around one reference after the other; keeps its buffers, and the last distance as a guess for the next.
class Guide::Search {
 public:
  Search(const Guide& guide, const SearchSettings& settings, int iteration)
      : guide_(guide), settings_(settings), iteration_(iteration) {}

  void find(int row, int column, std::int32_t* matches) {
    measure(row, column);
    collect(limit());
    select(matches);
  }

 private:
  struct Run {
    int first;  ///< in distances_
    int at;     ///< its first patch in the pyramid
  };

  bool is_searched(std::size_t level, int row, int distance) const {
    if (level > 0) return (row + iteration_) % settings_.copy_row_step == 0;
    return distance <= settings_.dense_rows || (row + iteration_) % settings_.row_step == 0;
  }

  void measure(int row, int column) {
    const int stride = guide_.layout_.stride();
    const int patch = guide_.patch_;
    float reference[kLargestPatch * kLargestPatch];
    const std::size_t at = std::size_t(row) * stride + column;
    for (int p = 0; p < patch; ++p)
      std::copy_n(&guide_.pyramid_[at + std::size_t(p) * stride], patch, reference + p * patch);
    runs_.clear();
    int used = 0;
    candidates_ = 0;
    for (std::size_t l = 0; l < guide_.layout_.levels().size(); ++l) {
      const PyramidLayout::Level& level = guide_.layout_.levels()[l];
      const int radius = l == 0 ? settings_.radius : settings_.copy_radius;
      const int y0 = int(float(row) / level.factor + 0.5f);
      const int x0 = int(float(column) / level.factor + 0.5f);
      const int left = std::max(0, x0 - radius);
      const int count = std::min(level.width - patch, x0 + radius) - left + 1;
      if (count <= 0) continue;
      const int bottom = std::min(level.height - patch, y0 + radius);
      for (int y = std::max(0, y0 - radius); y <= bottom; ++y) {
        if (!is_searched(l, y, std::abs(y - y0))) continue;
        const int start = (level.top + y) * stride + left;
        const int end = used + whole_lanes(count);
        if (int(distances_.size()) < end + 2 * kLanes) distances_.resize(2 * std::size_t(end) + 2 * kLanes);
        patch_distances(&guide_.pyramid_[std::size_t(start)], stride, patch, reference, guide_.energy_[at],
                        &guide_.energy_[std::size_t(start)], count, &distances_[std::size_t(used)]);
        std::fill(distances_.begin() + used + count, distances_.begin() + end, kFar);
        runs_.push_back({used, start});
        used = end;
        candidates_ += count;
      }
    }
    used_ = used;
  }

  // A distance within which there are at least `similar` candidates, or all, and not many more.
  float limit() {
    const int wanted = std::min(settings_.similar, candidates_);
    float below = -1;
    float above = kFar;
    float guess = guess_;
    while (true) {
      const int count = count_within(distances_.data(), used_, guess);
      if (count >= wanted && count <= 3 * wanted) break;
      (count < wanted ? below : above) = guess;
      if (above - below <= 1) {
        guess = above;
        break;
      }
      guess = above == kFar ? 2 * guess + 64 : std::floor(0.5f * (below + above));
    }
    guess_ = guess;
    return guess;
  }

  void collect(float limit) {
    near_.clear();
    marks_.resize(std::size_t(used_ / kLanes));
    mark_runs(distances_.data(), used_ / kLanes, limit, marks_.data());
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const int end = r + 1 < runs_.size() ? runs_[r + 1].first : used_;
      for (int i = runs_[r].first; i < end; i += kLanes) {
        if (!marks_[std::size_t(i / kLanes)]) continue;
        for (int c = i; c < i + kLanes; ++c)
          if (distances_[std::size_t(c)] <= limit)
            near_.push_back({distances_[std::size_t(c)], runs_[r].at + c - runs_[r].first});
      }
    }
  }

  // Keeps the order of indices; of equally distant ones the first.
  void select(std::int32_t* matches) {
    const int wanted = std::min(settings_.similar, candidates_);
    sorted_.clear();
    for (const Candidate& c : near_) sorted_.push_back(c.distance);
    std::nth_element(sorted_.begin(), sorted_.begin() + (wanted - 1), sorted_.end());
    const float last = sorted_[std::size_t(wanted - 1)];
    int ties = wanted;
    for (const Candidate& c : near_) ties -= c.distance < last;
    int n = 0;
    for (const Candidate& c : near_)
      if (c.distance < last || (c.distance == last && ties-- > 0)) matches[n++] = c.at;
    for (; n < settings_.similar; ++n) matches[n] = matches[n - wanted];
    guess_ = last;
  }

  struct Candidate {
    float distance;
    std::int32_t at;
  };

  const Guide& guide_;
  const SearchSettings& settings_;
  int iteration_;
  int used_ = 0;
  int candidates_ = 0;
  float guess_ = 1024;
  std::vector<Run> runs_;
  std::vector<float> distances_, sorted_;
  std::vector<std::uint8_t> marks_;
  std::vector<Candidate> near_;
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
