// The data term where the loops run: on a device, or for tests on the CPU.
#pragma once

#include <memory>

#include "pipeline/backend/buffer.h"
#include "stages/super_resolution/data_term.h"
#include "stages/super_resolution/interpolate.h"

namespace nadir {

struct ProjectionState;

/// DataTerm::project for images of `bands` bands. Its inner products are summed in another order; see TreeSum.
class Projection {
 public:
  Projection(Exec& exec, const DataTerm& data, int bands);
  ~Projection();

  /// z = x + A' (A A' + rho I)^-1 (y - A x); x holds data.padded(), all of it valid. The bands' `rho` lie where the
  /// loops run.
  void run(TileView x, ConstTileView y, const float* rho, TileView z) const;

  /// Memory for an image of so many coarse pixels, bytes.
  static std::size_t bytes(Size coarse, Size fine, int bands);

 private:
  ConstTileView solve(ConstTileView y, const float* rho) const;

  Exec& exec_;
  const DataTerm& data_;
  int bands_;
  Buffer<float> column_table_, row_table_;
  ScratchTile r_, correction_;
  Buffer<float> vectors_;
  Buffer<double> products_;  ///< r r and p q, by part
  std::unique_ptr<Buffer<ProjectionState>> states_;
};

/// What first_estimate gives: the bicubic interpolation of y, the whole coarse image, in all of x, beyond the edges of
/// the fine image its mirror image; all of it valid. Masks of y do not matter. Throws Error(Fault::internal) for scales
/// that kernels cannot take.
void interpolate_mirrored(Exec& exec, ConstTileView y, const InterpolationTaps& taps, TileView x);
/// offset + sum of weight times band of a window at (0, 0), as rows of its width. `weights` lie where the loops run.
void mix_bands(Exec& exec, ConstTileView x, const float* weights, float offset, float* out);
/// One band, as rows of its width.
void copy_band(Exec& exec, ConstTileView z, int band, float* out);

}  // namespace nadir
