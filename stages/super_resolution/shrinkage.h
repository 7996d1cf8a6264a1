// Shrinkage of groups of similar patches in the eigenbasis of their own covariance, sixteen groups at once.
#pragma once

#include <vector>

#include "pipeline/backend/simd.h"
#include "stages/super_resolution/shrinkage_constants.h"
#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// Memory of one batch: sixteen groups of patches, one a lane, and the matrices of their shrinkage, `samples` floats of
/// each lane side by side. Patches come in blocks of samples, of all patches the first, then the second: sample s of
/// patch j is entry (s / block * similar + j) * block + s % block. Matrices have patch^2 rows and columns.
struct BatchMemory {
  int patch;    ///< edge of a patch, px
  int similar;  ///< patches a group
  float* patches;
  float* mean;
  float* covariance;
  float* factor;
  float* inverse;
  float* weights;
};

/// Sixteen groups of patches of one edge, 5 or 6.
class GroupBatch {
 public:
  GroupBatch(int patch, int similar, Simd simd = widest_simd());

  int similar() const { return memory_.similar; }
  /// Sample (p, q) of patch j of group l.
  float& sample(int j, int p, int q, int l) {
    const int block = batch_block(memory_.patch);
    const int s = p * memory_.patch + q;
    return memory_.patches[((s / block * memory_.similar + j) * block + s % block) * kLanes + l];
  }
  /// What each group counts in the aggregate: 1 / (sum f^2 + 0.15), the fewer components are kept the more.
  const float* weights() const { return memory_.weights; }

  /// Patch j of each group := the patch of edge x edge samples at from[l], rows `stride` samples apart; reads up to 8
  /// samples a row.
  void gather(int j, const float* const from[kLanes], std::ptrdiff_t stride);
  /// Adds weight times patch j of each group to what is at to[l]; rewrites up to 8 samples a row.
  void scatter(int j, float* const to[kLanes], std::ptrdiff_t stride) const;

  /// f(l) = l^2 / (l^2 + t^2) on the eigenvalues l of each group's covariance, without an eigen-decomposition:
  /// U f U' X = F X with F = I - t^2 (C^2 + t^2 I)^-1. The first `used` patches of each group are replaced with the
  /// shrunk ones, the others with nothing of use. A t so small that float32 could not tell it from C's largest
  /// eigenvalue is raised.
  void shrink(float t, int used);

  /// Bytes that one batch takes.
  static std::size_t bytes(int patch, int similar);

 private:
  Simd simd_;
  std::vector<LaneStorage> storage_;
  BatchMemory memory_;
};

}  // namespace nadir
