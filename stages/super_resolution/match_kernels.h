// The inner loops of the search for similar patches, for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// Largest edge of a patch that can be compared.
constexpr int kLargestPatch = 8;
/// Candidates are measured in runs of so many. Maps begin at multiples of as many bytes, their stride is a multiple of
/// it, and they are read up to twice as many entries beyond the last candidate.
constexpr int kScanLanes = 16;
/// A distance that no two patches have: beyond 4 * 2047^2 * 64.
constexpr std::int32_t kFarPatch = 0x7fffffff;

/// A reference patch and the guide that it is compared with. Samples are whole numbers in [-2047, 2047], so that every
/// sum of squares over 64 of them is exact in 32 bits.
struct PatchScan {
  const std::int32_t* pairs;   ///< of the guide: sample i in the lower half, sample i + 1 in the upper
  const std::int32_t* energy;  ///< sum of squares of the patch that starts at sample i
  const std::int32_t* sketch;  ///< see `sketch_patches`
  std::ptrdiff_t stride;       ///< samples from one row to the next
  int patch;                   ///< edge, samples
  /// The reference, (patch + 1) / 2 pairs a row, filled up with 0.
  std::int32_t reference[kLargestPatch * kLargestPatch / 2];
  std::int32_t reference_energy;
  std::int32_t reference_sketch;
  /// Patches further away are not wanted.
  std::int32_t limit;
  /// Those whose sketches are further apart are further away than that.
  std::int32_t sketch_limit;

  /// At most 2^30.
  void set_limit(std::int32_t value);
};

/// Two numbers that bound a distance from below, the lower and the upper half: the length of a patch's part along the
/// constant one, and of the rest, to the nearest whole number. Patches are no closer than these two, as points.
void sketch_patches(int patch, const std::int32_t* sum, const std::int32_t* energy, int count, std::int32_t* sketch);

/// Candidates side by side: the patches that start at sample `at` of the guide and its successors. `index` is how the
/// first of them is called in the list.
struct PatchRun {
  int at;
  int index;
  int count;
};

/// Candidates that are near enough, in the order of the runs.
struct NearPatches {
  std::int32_t* distance;
  std::int32_t* index;
  int count;
};

/// Appends to `near` the patches of the runs that are within `limit` of the reference:
/// distance = energy + reference energy - 2 <patch, reference>.
void scan_patches(Simd simd, const PatchScan& scan, std::span<const PatchRun> runs, NearPatches& near);

/// Writes the indices of those within `limit` to `chosen`, in their order, and returns their number. `distance` holds
/// kFarPatch from `count` to the end of the run.
int choose_within(Simd simd, const NearPatches& near, std::int32_t limit, std::int32_t* chosen);

}  // namespace nadir
