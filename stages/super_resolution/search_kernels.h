// The search for similar patches as functors: the same lists as Guide::match gives, for every machine and device.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline/backend/launch_blocks.h"
#include "stages/super_resolution/matching.h"

namespace nadir {

constexpr int kMostLevels = 4;  // an image and its copies

/// PyramidLayout::Level without its tables.
struct SearchLevel {
  float factor;
  int width, height;
  int top;
  int first_x, first_y;
};

/// One block finds the patches of one reference: it measures all candidates, finds the largest distance that counts
/// two bits at a time, and writes the list in the order of the candidates. `kPatch` is the edge of patches, or 0 where
/// `patch` says what it is.
template <int kPatch>
struct FindMatches {
  static constexpr int kThreads = 256;
  static constexpr int kTeam = 32;  // threads whose counts are summed up first
  static constexpr int kTeams = kThreads / kTeam;
  static constexpr int kTogether = 4;  // candidates side by side that a thread measures at once
  static constexpr int kBits = 30;     // of a distance, copies' penalties included
  static constexpr int kSteps = kBits / 2;
  static constexpr int kLargestArea = 64;

  const std::int16_t* guide;
  int stride;
  SearchLevel levels[kMostLevels];
  int level_count;
  int origin_x, origin_y;
  int patch, similar;
  int radius, copy_radius, dense_rows, row_step, copy_row_step;
  std::int32_t copy_penalty;
  float copy_handicap;
  int iteration;
  ReferenceAxis rows, columns;  ///< of references
  int first;                    ///< reference of block 0
  int most_rows;                ///< of candidates of a reference
  int most_candidates;          ///< of a reference
  std::int32_t* distances;      ///< most_candidates a block; null: in shared memory
  std::int32_t* matches;        ///< of all references

  // Where the candidates of one level are: rows that are searched, all from `left` on.
  struct Span {
    int left, columns;
    int top, bottom;              // rows that may be searched, bottom excluded
    int dense_top, dense_bottom;  // of these all are
    int step, phase;              // of the others those where (row + phase) % step == 0
    int rows;                     // that are searched
    int first_row;                // of them in the list of rows
  };
  struct Shared {
    Span spans[kMostLevels];
    int reference[kLargestArea];
    int counts[kSteps][3];
    int nearer[kThreads], equal[kThreads];
    int nearer_of[kTeams], equal_of[kTeams];  // sums over teams
  };

  std::size_t shared_bytes() const {
    return sizeof(Shared) + sizeof(int) * std::size_t(most_rows + (distances ? 0 : most_candidates));
  }
  HD int phases(int) const { return 7 + kSteps; }

  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    Shared& s = *reinterpret_cast<Shared*>(memory);
    int* const searched = reinterpret_cast<int*>(memory + sizeof(Shared));
    std::int32_t* const d = distances ? distances + std::ptrdiff_t(block) * most_candidates : searched + most_rows;
    std::int32_t* const out = matches + std::ptrdiff_t(first + block) * similar;
    const int row = rows.at((first + block) / columns.count());
    const int column = columns.at((first + block) % columns.count());
    if (phase == 0) return begin(s, row, column, thread);
    if (phase == 1) return list_rows(s, searched, thread);
    if (phase == 2) return measure(s, searched, d, thread);
    if (phase < 3 + kSteps) return count_step(s, d, phase - 3, thread);
    if (phase == 3 + kSteps) return count_nearer(s, d, thread);
    if (phase == 4 + kSteps) return sum_teams(s, thread);
    if (phase == 5 + kSteps) return write(s, searched, d, out, thread);
    repeat(s, out, thread);
  }

 private:
  HD int edge() const { return kPatch > 0 ? kPatch : patch; }
  HD static int minimum(int a, int b) { return a < b ? a : b; }
  HD static int maximum(int a, int b) { return a > b ? a : b; }

  HD void begin(Shared& s, int row, int column, int thread) const {
    for (int i = thread; i < edge() * edge(); i += kThreads)
      s.reference[i] = guide[(row + i / edge()) * stride + column + i % edge()];
    for (int i = thread; i < 3 * kSteps; i += kThreads) s.counts[i / 3][i % 3] = 0;
    if (thread != 0) return;
    int first_row = 0;
    for (int l = 0; l < level_count; ++l) {
      s.spans[l] = span_of(l, row, column);
      s.spans[l].first_row = first_row;
      s.spans[l].rows = searched_before(s.spans[l], s.spans[l].bottom);
      first_row += s.spans[l].rows;
    }
  }

  HD Span span_of(int l, int row, int column) const {
    const SearchLevel& level = levels[l];
    const int reach = l == 0 ? radius : copy_radius;
    const int y = int(float(row + origin_y) / level.factor + 0.5f) - level.first_y;
    const int x = int(float(column + origin_x) / level.factor + 0.5f) - level.first_x;
    Span s{};
    s.left = maximum(0, x - reach);
    s.columns = maximum(0, minimum(level.width - edge(), x + reach) - s.left + 1);
    s.top = maximum(0, y - reach);
    s.bottom = s.columns > 0 ? maximum(s.top, minimum(level.height - edge(), y + reach) + 1) : s.top;
    const int dense = l == 0 ? dense_rows : -1;  // no row of the copies is near
    s.dense_top = minimum(s.bottom, maximum(s.top, y - dense));
    s.dense_bottom = maximum(s.dense_top, minimum(s.bottom, y + dense + 1));
    s.step = l == 0 ? row_step : copy_row_step;
    s.phase = level.first_y + iteration;
    return s;
  }

  // Rows of [from, to) where (row + phase) % step == 0.
  HD static int multiples(const Span& s, int from, int to) {
    return to <= from ? 0 : floor_div(to - 1 + s.phase, s.step) - floor_div(from - 1 + s.phase, s.step);
  }

  HD static int searched_before(const Span& s, int row) {
    return multiples(s, s.top, minimum(row, s.dense_top)) + maximum(0, minimum(row, s.dense_bottom) - s.dense_top) +
           multiples(s, s.dense_bottom, row);
  }

  HD void list_rows(const Shared& s, int* searched, int thread) const {
    for (int l = 0; l < level_count; ++l) {
      const Span& span = s.spans[l];
      for (int y = span.top + thread; y < span.bottom; y += kThreads) {
        const int before = searched_before(span, y);
        if (searched_before(span, y + 1) > before) searched[span.first_row + before] = levels[l].top + y;
      }
    }
  }

  HD static int candidates_of(const Span& s) { return s.rows * s.columns; }

  // The index in the pyramid of candidate c.
  HD int place_of(const Shared& s, const int* searched, int c) const {
    int l = 0;
    while (c >= candidates_of(s.spans[l])) c -= candidates_of(s.spans[l++]);
    const Span& span = s.spans[l];
    return searched[span.first_row + c / span.columns] * stride + span.left + c % span.columns;
  }

  HD int candidates(const Shared& s) const {
    int sum = 0;
    for (int l = 0; l < level_count; ++l) sum += candidates_of(s.spans[l]);
    return sum;
  }
  HD int wanted(const Shared& s) const { return minimum(similar, candidates(s)); }

  HD void measure(const Shared& s, const int* searched, std::int32_t* d, int thread) const {
    int i = thread;  // of the level's groups of candidates
    for (int l = 0; l < level_count; ++l) {
      const Span& span = s.spans[l];
      const int groups = (span.columns + kTogether - 1) / kTogether;  // a row
      for (; i < span.rows * groups; i += kThreads) {
        const int row = i / groups;
        const int column = i % groups * kTogether;
        const int count = minimum(kTogether, span.columns - column);
        measure_together(s, searched[span.first_row + row] * stride + span.left + column, count, l > 0,
                         d + row * span.columns + column);
      }
      i -= span.rows * groups;
      d += candidates_of(span);
    }
  }

  // `count` candidates side by side, the first at `index`: each sample is loaded once for all of them.
  HD void measure_together(const Shared& s, int index, int count, bool in_copy, std::int32_t* d) const {
    const int last = edge() + count - 2;  // sample of a row that one of them has
    const auto limited = [&](int q) { return q < edge() ? q : minimum(q, last); };
    std::int32_t sum[kTogether] = {};
    for (int p = 0; p < edge(); ++p) {
      const std::int16_t* const at = guide + index + p * stride;
      int near[kTogether];
      for (int c = 1; c < kTogether; ++c) near[c] = at[limited(c - 1)];
      for (int q = 0; q < edge(); ++q) {
        for (int c = 1; c < kTogether; ++c) near[c - 1] = near[c];
        near[kTogether - 1] = at[limited(q + kTogether - 1)];
        const int wanted = s.reference[p * edge() + q];
        for (int c = 0; c < kTogether; ++c) sum[c] += (near[c] - wanted) * (near[c] - wanted);
      }
    }
    for (int c = 0; c < count; ++c) d[c] = distance(sum[c], in_copy);
  }

  HD std::int32_t distance(std::int32_t sum, bool in_copy) const {
    if (in_copy) {
      sum += copy_penalty;
      sum += std::int32_t(float(sum) * copy_handicap);
    }
    return minimum(sum, (1 << kBits) - 1);
  }

  // The bits that the first `steps` counts tell of the largest distance that counts.
  HD std::int32_t bits_after(const Shared& s, int steps) const {
    const int enough = wanted(s);
    std::int32_t value = 0;
    for (int i = 0; i < steps; ++i) {
      int digit = 0;
      for (int k = 0; k < 3; ++k) digit += s.counts[i][k] < enough;
      value += digit << (kBits - 2 - 2 * i);
    }
    return value;
  }

  // Candidates below each of the three values that the next two bits may add.
  HD void count_step(Shared& s, const std::int32_t* d, int step, int thread) const {
    const std::int32_t base = bits_after(s, step);
    const std::int32_t unit = 1 << (kBits - 2 - 2 * step);
    const int count = candidates(s);
    int below[3] = {0, 0, 0};
    for (int c = thread; c < count; c += kThreads)
      for (int k = 0; k < 3; ++k) below[k] += d[c] - base < (k + 1) * unit;
    for (int k = 0; k < 3; ++k) add_shared(&s.counts[step][k], below[k]);
  }

  // Each thread has candidates side by side, so that the list can be written in order.
  HD int segment(const Shared& s) const { return (candidates(s) + kThreads - 1) / kThreads; }

  HD void count_nearer(Shared& s, const std::int32_t* d, int thread) const {
    const std::int32_t last = bits_after(s, kSteps);
    const int length = segment(s);
    const int end = minimum(candidates(s), (thread + 1) * length);
    int nearer = 0, equal = 0;
    for (int c = thread * length; c < end; ++c) {
      nearer += d[c] < last;
      equal += d[c] == last;
    }
    s.nearer[thread] = nearer;
    s.equal[thread] = equal;
  }

  HD static void sum_teams(Shared& s, int thread) {
    if (thread >= 2 * kTeams) return;
    const int team = thread % kTeams;
    const int* const counts = (thread < kTeams ? s.nearer : s.equal) + team * kTeam;
    int sum = 0;
    for (int i = 0; i < kTeam; ++i) sum += counts[i];
    (thread < kTeams ? s.nearer_of : s.equal_of)[team] = sum;
  }

  HD void write(const Shared& s, const int* searched, const std::int32_t* d, std::int32_t* out, int thread) const {
    const std::int32_t last = bits_after(s, kSteps);
    int before = 0, all = 0, ties = 0;
    const int team = thread / kTeam;
    for (int i = 0; i < kTeams; ++i) {
      before += i < team ? s.nearer_of[i] : 0;
      ties += i < team ? s.equal_of[i] : 0;
      all += s.nearer_of[i];
    }
    for (int t = team * kTeam; t < thread; ++t) {
      before += s.nearer[t];
      ties += s.equal[t];
    }
    const int ties_wanted = wanted(s) - all;
    const int length = segment(s);
    const int end = minimum(candidates(s), (thread + 1) * length);
    int n = before + minimum(ties, ties_wanted);
    for (int c = thread * length; c < end; ++c) {
      if (d[c] > last || (d[c] == last && ties++ >= ties_wanted)) continue;
      out[n++] = place_of(s, searched, c);
    }
  }

  HD void repeat(const Shared& s, std::int32_t* out, int thread) const {
    const int known = wanted(s);
    for (int n = known + thread; n < similar; n += kThreads) out[n] = out[n % known];
  }
};

}  // namespace nadir
