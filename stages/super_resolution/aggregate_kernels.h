// Putting shrunk patches back into the image as functors: every pixel collects what it is given, in the order in which
// shrink_groups adds it up, so the bits are the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline/backend/launch_blocks.h"
#include "stages/super_resolution/group_ops.h"
#include "stages/super_resolution/regularizer.h"

namespace nadir {

/// One block collects the pixels of one tile of kWidth x kHeight. For each batch that can reach it, and for sixteen
/// patches of each group at once: which patches touch the tile, in which order, and then each pixel adds its own.
struct CollectPatches {
  static constexpr int kWidth = 32;
  static constexpr int kHeight = 8;
  static constexpr int kThreads = kWidth * kHeight;
  static constexpr int kBatch = 16;  // references, at most
  static constexpr int kAtOnce = kThreads / kBatch;
  static constexpr int kLargestPatch = 8;

  const float* shrunk;          ///< [reference - first][patch][sample]
  const float* weights;         ///< [reference - first]
  const std::int32_t* matches;  ///< of all references
  int first;
  int similar, patch;
  int width, height;  ///< of the image, whose rows are as long
  int tiles_across;
  const ReferenceBatch* reaching;  ///< see ListReaching
  const int* reaching_count;
  int most_reaching;
  int first_strip, end_strip;  ///< that are to be collected
  float* sums;                 ///< by pixel: of weighted samples
  float* starts;               ///< by pixel: of the weights of the patches that begin in this column and cover this row

  struct Patch {
    int x, y;    // of its first sample, from that of the tile
    int source;  // of its samples
    float weight;
  };
  struct Shared {
    int place;          // of the first batch in the tile's list
    int top[kThreads];  // of the patch, or kFar
    Patch patches[kThreads];
    int count[kAtOnce];                                // of them that touch the tile, by patch of the groups
    int touching;                                      // altogether
    float sum[kThreads];                               // of this strip
    float start[kHeight + kLargestPatch - 1][kWidth];  // of this strip: weights of the patches that begin here
  };
  static constexpr int kFar = -1 - kLargestPatch;

  std::size_t shared_bytes() const { return sizeof(Shared); }
  HD int phases(int block) const {
    return 1 + (batches_before(block, end_strip) - batches_before(block, first_strip)) * phases_of_batch();
  }

  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    Shared& s = *reinterpret_cast<Shared*>(memory);
    if (phase == 0) {
      if (thread == 0) s.place = batches_before(block, first_strip);
      return clear(s, thread);
    }
    const int place = s.place + (phase - 1) / phases_of_batch();
    const int step = (phase - 1) % phases_of_batch();
    const ReferenceBatch* const list = reaching + std::ptrdiff_t(block) * most_reaching;
    const ReferenceBatch batch = list[place];
    const int left = block % tiles_across * kWidth;
    const int top = block / tiles_across * kHeight;
    if (step < phases_of_batch() - 2) {
      if (step % 4 == 0) return find(s, batch, step / 4 * kAtOnce, left, top, thread);
      if (step % 4 == 1) return count(s, thread);
      if (step % 4 == 2) return sort(s, batch, step / 4 * kAtOnce, left, top, thread);
      return add(s, thread);
    }
    const bool strip_ends = place + 1 == reaching_count[block] || list[place + 1].strip != batch.strip;
    if (!strip_ends) return;
    if (step == phases_of_batch() - 2)
      close_strip(s, left, top, thread);
    else
      clear(s, thread);
  }

 private:
  // In the list of a tile: of the strips before this one.
  HD int batches_before(int block, int strip) const {
    const ReferenceBatch* const list = reaching + std::ptrdiff_t(block) * most_reaching;
    int begin = 0, end = reaching_count[block];
    while (begin < end) {
      const int middle = (begin + end) / 2;
      if (list[middle].strip < strip)
        begin = middle + 1;
      else
        end = middle;
    }
    return begin;
  }

  HD int phases_of_batch() const { return (similar + kAtOnce - 1) / kAtOnce * 4 + 2; }

  HD static void clear(Shared& s, int thread) {
    s.sum[thread] = 0;
    for (int i = thread; i < (kHeight + kLargestPatch - 1) * kWidth; i += kThreads) s.start[i / kWidth][i % kWidth] = 0;
  }

  HD std::int32_t index_of(const ReferenceBatch& batch, int j, int lane) const {
    return matches[std::ptrdiff_t(batch.first + lane) * similar + j];
  }

  // Patch `thread % 16` of the batch's groups, `thread / 16` after the first.
  HD void find(Shared& s, const ReferenceBatch& batch, int first_patch, int left, int top, int thread) const {
    const int lane = thread % kBatch;
    const int j = first_patch + thread / kBatch;
    s.top[thread] = kFar;
    if (lane >= batch.count || j >= similar) return;
    const std::int32_t at = index_of(batch, j, lane);
    if (at >= width * height) return;  // of a copy
    const int x = at % width - left;
    const int y = at / width - top;
    if (x < kWidth && x + patch > 0 && y < kHeight && y + patch > 0) s.top[thread] = y;
  }

  HD static void count(Shared& s, int thread) {
    if (thread >= kAtOnce) return;
    int n = 0;
    for (int l = 0; l < kBatch; ++l) n += s.top[thread * kBatch + l] != kFar;
    s.count[thread] = n;
  }

  // One group of sixteen after the other. Within it, a row of the image gets the patches that begin lowest first: their
  // upper rows are added before the lower rows of others.
  HD void sort(Shared& s, const ReferenceBatch& batch, int first_patch, int left, int top, int thread) const {
    const int lane = thread % kBatch;
    const int group = thread / kBatch;
    const int* tops = s.top + group * kBatch;
    int before = 0;
    for (int g = 0; g < group; ++g) before += s.count[g];
    if (thread == kThreads - 1) s.touching = before + s.count[group];
    if (tops[lane] == kFar) return;
    for (int l = 0; l < kBatch; ++l) before += tops[l] > tops[lane] || (tops[l] == tops[lane] && l < lane);
    const int j = first_patch + group;
    const std::int32_t at = index_of(batch, j, lane);
    const int row = batch.first + lane - first;
    s.patches[before] = {at % width - left, at / width - top, (row * similar + j) * patch * patch, weights[row]};
  }

  HD void add(Shared& s, int thread) const {
    add_samples(s, thread % kWidth, thread / kWidth, thread);
    for (int i = thread; i < (kHeight + patch - 1) * kWidth; i += kThreads)
      add_weights(s, i % kWidth, i / kWidth - patch + 1, s.start[i / kWidth][i % kWidth]);
  }

  HD void add_samples(Shared& s, int x, int y, int thread) const {
    float sum = s.sum[thread];
    for (int i = 0; i < s.touching; ++i) {
      const Patch& p = s.patches[i];
      const int dx = x - p.x;
      const int dy = y - p.y;
      if (dx < 0 || dx >= patch || dy < 0 || dy >= patch) continue;
      sum += p.weight * shrunk[p.source + dy * patch + dx];
    }
    s.sum[thread] = sum;
  }

  HD void add_weights(const Shared& s, int x, int y, float& start) const {
    float sum = start;
    for (int i = 0; i < s.touching; ++i)
      if (s.patches[i].x == x && s.patches[i].y == y) sum += s.patches[i].weight;
    start = sum;
  }

  HD void close_strip(const Shared& s, int left, int top, int thread) const {
    const int x = left + thread % kWidth;
    const int y = top + thread / kWidth;
    if (x >= width || y >= height) return;
    const std::ptrdiff_t at = std::ptrdiff_t(y) * width + x;
    sums[at] += s.sum[thread];
    float start = starts[at];
    for (int p = 0; p < patch; ++p) start += s.start[thread / kWidth + p][thread % kWidth];
    starts[at] = start;
  }
};

/// Lists for a tile of CollectPatches, in ascending order, the batches of references that may have patches in it: those
/// with a reference from which the search reaches it.
struct ListReaching {
  ReferenceAxis rows, columns;  ///< of references
  int patch, reach;
  int tiles_across;
  int most;  ///< entries that a tile has room for
  ReferenceBatch* reaching;
  int* count;  ///< by tile

  HD void operator()(int, int tile_x, int tile_y) const {
    constexpr int kBatch = CollectPatches::kBatch;
    const int tile = tile_y * tiles_across + tile_x;
    const int left = tile_x * CollectPatches::kWidth, top = tile_y * CollectPatches::kHeight;
    const int first_column = columns.before(left - patch + 1 - reach);
    const int end_column = columns.before(left + CollectPatches::kWidth + reach);
    const int end_row = rows.before(top + CollectPatches::kHeight + reach);
    int next = 0;  // batch of the strip
    int strip = -1;
    int n = 0;
    for (int row = rows.before(top - patch + 1 - reach); row < end_row && first_column < end_column; ++row) {
      if (row / kRowsPerStrip != strip) next = 0;
      strip = row / kRowsPerStrip;
      const int first_row = strip * kRowsPerStrip;
      const int references = minimum(kRowsPerStrip, rows.count() - first_row) * columns.count();
      const int before = (row - first_row) * columns.count();
      next = maximum(next, (before + first_column) / kBatch);
      for (; next <= (before + end_column - 1) / kBatch; ++next)
        reaching[std::ptrdiff_t(tile) * most + n++] = {first_row * columns.count() + next * kBatch,
                                                       minimum(kBatch, references - next * kBatch), strip};
    }
    count[tile] = n;
  }

 private:
  HD static int minimum(int a, int b) { return a < b ? a : b; }
  HD static int maximum(int a, int b) { return a > b ? a : b; }
};

/// o = sums / weights, where a patch covers the pixel, else the image before; then x := o + momentum (o - x).
struct FinishAggregate {
  const float* sums;
  const float* starts;
  const float* uncovered;  ///< rows of `width`, like the sums
  std::ptrdiff_t width;
  int patch;
  float momentum;
  float* x;
  std::ptrdiff_t x_stride;

  HD void operator()(int, int u, int v) const {
    const std::ptrdiff_t at = v * width + u;
    float weight = 0;
    for (int p = 0; p < patch && p <= u; ++p) weight += starts[at - p];
    const float o = weight > 0 ? sums[at] / weight : uncovered[at];
    float& to = x[v * x_stride + u];
    to = o + momentum * (o - to);
  }
};

}  // namespace nadir
