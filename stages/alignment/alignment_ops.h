// Arithmetic of the alignment family: resampling through an affine map with separable, mask-normalised kernels.
#pragma once

#include <array>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/bend.h"
#include "pipeline/core/image.h"

namespace nadir {

enum class Resampling { nearest, bilinear, cubic, lanczos3 };

/// Interpolation weights of one source axis, tabulated on the host in double, one row of `taps` weights a phase.
struct WarpAxis {
  int taps = 1;
  /// Phases of the table, whose rows 0 … phases are interpolated linearly; 0: all pixels share the one row.
  int phases = 0;
  int first = 0;        ///< first tap relative to the anchor sample; of a pure shift, relative to the output pixel
  double anchor = 0.5;  ///< the anchor sample of source coordinate u is floor(u - anchor)
  std::vector<float> weights;
};

/// The bend of a transform at the nodes of a lattice, between which it is interpolated linearly.
struct BendLattice {
  int step = 0;  ///< output pixels; 0: no bend
  int across = 0;
  int down = 0;
  std::vector<float> x;  ///< source pixels, row by row; node (i, j) is output coordinate (i step, j step)
  std::vector<float> y;
};

/// How output pixels are computed: output pixel centre (x, y) lies at source (m0 + m1 x + m2 y, m3 + m4 x + m5 y), plus
/// the bend there.
struct WarpPlan {
  std::array<double, 6> matrix{0, 1, 0, 0, 0, 1};
  Size source;
  bool moves_whole_pixels = false;  ///< a pure shift by whole pixels: samples are copied
  WarpAxis x;
  WarpAxis y;
  BendLattice bend;
};

/// Kernels are widened by the source pixels per output pixel where that is more than 1.05. Throws Error(Fault::data)
/// when the matrix cannot be inverted or shrinks more than 16 times.
WarpPlan plan_warp(const std::array<double, 6>& matrix, Resampling resampling, Size source);
/// The same with a bend, for outputs within [0, output). The lattice errs by less than 1/100 px for bends that change
/// their slope by less than 1/800 a pixel.
WarpPlan plan_warp(const std::array<double, 6>& matrix, const Bend& bend, Resampling resampling, Size source,
                   Size output);

/// The source window that an output window is computed from, as far as it matters; empty where all lies outside.
Window source_window(const WarpPlan& plan, const Window& out);

/// Fills `out`. `in` must hold source_window(out.window); pixels beyond the edge are mirror images.
void warp(Exec& exec, ConstTileView in, TileView out, const WarpPlan& plan);

}  // namespace nadir
