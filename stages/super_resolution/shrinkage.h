// Shrinkage of groups of similar patches in the eigenbasis of their own covariance, sixteen groups at once.
#pragma once

#include <vector>

#include "pipeline/backend/simd.h"

namespace nadir {

/// Sixteen groups of patches, one a lane, and the matrices of their shrinkage. Sample p of patch j of group l is
/// patches[(j * stride + p) * kLanes + l]; samples from patch_samples to stride are zero.
class GroupBatch {
 public:
  /// `similar` patches a group (a multiple of 4) of `patch_samples` samples.
  GroupBatch(int patch_samples, int similar);

  int similar() const { return similar_; }
  int stride() const { return rows_; }
  float* patches() { return patches_.data()->samples; }
  /// The shrunk patches, in the same order.
  const float* result() const { return result_.data()->samples; }
  /// What each group counts in the aggregate: 1 / (sum f^2 + 0.15), the fewer components are kept the more.
  const float* weights() const { return weights_.samples; }

  /// f(l) = l^2 / (l^2 + t^2) on the eigenvalues l of each group's covariance, without an eigen-decomposition:
  /// U f U' X = F X with F = I - t^2 (C^2 + t^2 I)^-1. `patches` loses its mean. A t so small that
  /// float32 could not tell it from C's largest eigenvalue is raised.
  void shrink(float t);

  /// Bytes that one batch takes.
  static std::size_t bytes(int patch_samples, int similar);

 private:
  int rows_;  ///< patch_samples rounded up to whole blocks
  int similar_;
  std::vector<LaneStorage> patches_, result_, mean_, covariance_, factor_, inverse_;
  LaneStorage weights_;
};

}  // namespace nadir
