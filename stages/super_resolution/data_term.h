// The data term: images that agree with what was observed, y = A x + n.
#pragma once

#include <span>
#include <vector>

#include "pipeline/backend/exec.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {

/// One axis of A A', mirrored edges included: a banded matrix on the coarse grid, held by diagonals. Exactly the
/// product of the matrices that observe and observe_adjoint stand for, so A A' of an image is one of these in x times
/// one in y.
struct BandedGram {
  int size = 0;
  int reach = 0;                    ///< diagonals on each side
  std::vector<float> coefficients;  ///< [(d + reach) * size + i]: of sample i + d in row i

  BandedGram() = default;
  BandedGram(const AxisTaps& taps, int coarse, int fine);
  const float* diagonal(int d) const { return &coefficients[std::size_t(d + reach) * std::size_t(size)]; }
  /// Bounds the largest eigenvalue.
  double row_sum() const;
};

/// Where conjugate gradients stop.
constexpr int kMostProjectionSteps = 12;
constexpr double kSquaredResidual = 1e-6;  ///< relative

class DataTerm {
 public:
  DataTerm(const Observation& observation, Size coarse);

  Size coarse() const { return coarse_; }
  Size fine() const { return fine_; }
  const AxisTaps& taps() const { return taps_; }
  /// A A' is one of these along x and one along y.
  const BandedGram& columns() const { return columns_; }
  const BandedGram& rows() const { return rows_; }
  /// The fine image and what A reads beyond its edges.
  Window padded() const;

  /// z = x + A' (A A' + rho I)^-1 (y - A x), for each band with its own rho, by conjugate gradients on the coarse grid.
  /// x holds padded(); what lies outside the image is overwritten with the mirror image.
  void project(Exec& exec, TileView x, ConstTileView y, std::span<const float> rho, TileView z) const;
  /// x += A' (y - A x) / |A A'|, one step of iterative back-projection (Irani and Peleg 1991).
  void back_project(Exec& exec, TileView x, ConstTileView y) const;
  /// out = A A' v, both dense on the coarse grid.
  void apply_gram(const float* v, float* out) const;

 private:
  Tile residual(Exec& exec, TileView x, ConstTileView y) const;
  void solve(float* r, float rho) const;
  void add_adjoint(Exec& exec, const Tile& r, float step, ConstTileView x, TileView z) const;

  AxisTaps taps_;
  Size coarse_, fine_;
  BandedGram columns_, rows_;
};

}  // namespace nadir
