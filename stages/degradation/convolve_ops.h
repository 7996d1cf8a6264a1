// Convolution with point spread functions that are no product of two axes: disk, motion, measured.
#pragma once

#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/window.h"

namespace nadir {

struct SpreadTap {
  int dx = 0;
  int dy = 0;
  float weight = 0;
};

/// y(p) = sum_t weight[t] x(p + (dx, dy)[t]), in the order of the taps.
class Spread {
 public:
  /// Taps with weight 0 are dropped; at least one must remain, and sums of weights are brought to 1.
  explicit Spread(std::vector<SpreadTap> taps);
  const std::vector<SpreadTap>& taps() const { return taps_; }
  /// The input window that an output window is computed from.
  Window needs(const Window& out) const;
  /// The output samples of an image of `size` that touch an input window, directly or by mirrored edges.
  Window touching(const Window& in, Size size) const;
  /// Mean variance of the two axes, px^2: that of the Gaussian which is most alike. Below 0 where negative lobes
  /// sharpen.
  double variance() const;
  /// dx, dy, weight of each tap, for kernels.
  const std::vector<float>& table() const { return table_; }

 private:
  std::vector<SpreadTap> taps_;
  std::vector<float> table_;
  Window reach_;  ///< of the taps about (0, 0)
};

/// out = h * in, normalised by the mask: an invalid pixel stays invalid (and becomes 0), no other becomes so; where at
/// most a quarter of the weight is on valid samples, the pixel keeps its value. `in` must hold needs(out).
void convolve(Exec& exec, ConstTileView in, TileView out, const Spread& spread);

/// out = H' in, the exact adjoint of: mirror at the edges of an image of `size`, then convolve (all samples valid).
/// `in` must hold touching(out, size); every sample of `out` is valid.
void convolve_adjoint(Exec& exec, ConstTileView in, TileView out, const Spread& spread, Size size);

}  // namespace nadir
