// The data term and the solver's pixel by pixel steps as functors. All but the inner products have the bits of
// data_term.cpp and block_solver.cpp.
#pragma once

#include <cstddef>

#include "pipeline/backend/launch_blocks.h"

namespace nadir {

/// InterpolationTaps with four samples, where the loops run; by phase.
struct BicubicTaps {
  static constexpr int kMostScale = 4;
  static constexpr int kTaps = 4;
  int scale;
  int first[kMostScale];  ///< relative to the coarse sample that a fine one belongs to
  float weights[kMostScale][kTaps];
};

/// The interpolation of an image that is mirrored at its edges, and beyond the edges of the fine image what it shows
/// within. Samples and order of sums as Interpolate has them where all are valid.
struct InterpolateMirrored {
  ConstTileView coarse;  ///< the whole image
  TileView fine;
  BicubicTaps taps;

  HD void operator()(int b, int u, int v) const {
    const int width = coarse.window.width, height = coarse.window.height;
    const int x = mirror(u, width * taps.scale), y = mirror(v, height * taps.scale);
    const int own_x = x / taps.scale, own_y = y / taps.scale;
    const int across = x - own_x * taps.scale, down = y - own_y * taps.scale;
    const int left = own_x + taps.first[across], top = own_y + taps.first[down];
    float sum = 0;
    for (int j = 0; j < BicubicTaps::kTaps; ++j) {
      const int from = mirror(top + j, height);
      float row = 0;
      for (int i = 0; i < BicubicTaps::kTaps; ++i)
        row += taps.weights[across][i] * coarse(b, mirror(left + i, width), from);
      sum += taps.weights[down][j] * row;
    }
    fine(b, u, v) = sum;
    if (b == 0) fine.mask()(u, v) = 1;
  }
};

/// Pixels outside [0, width) x [0, height) from their mirror image inside; the mask is left alone.
struct MirrorSamples {
  TileView x;
  int width, height;

  HD void operator()(int b, int u, int v) const {
    if (u < 0 || u >= width || v < 0 || v >= height) x(b, u, v) = x(b, mirror(u, width), mirror(v, height));
  }
};

/// r := y - r
struct SubtractFrom {
  ConstTileView y;
  TileView r;
  HD void operator()(int b, int u, int v) const { r(b, u, v) = y(b, u, v) - r(b, u, v); }
};

/// z := x + c
struct AddTiles {
  ConstTileView x, c;
  TileView z;
  HD void operator()(int b, int u, int v) const { z(b, u, v) = x(b, u, v) + c(b, u, v); }
};

/// A weighted sum of the bands, as rows of `width`.
struct MixBands {
  ConstTileView x;
  const float* weights;
  float offset;
  std::ptrdiff_t width;
  float* out;

  HD void operator()(int, int u, int v) const {
    float sum = offset;
    for (int b = 0; b < x.bands; ++b) sum += weights[b] * x(b, u, v);
    out[v * width + u] = sum;
  }
};

struct CopyBand {
  ConstTileView z;
  int band;
  std::ptrdiff_t width;
  float* out;
  HD void operator()(int, int u, int v) const { out[v * width + u] = z(band, u, v); }
};

/// Conjugate gradients of one band.
struct ProjectionState {
  double squared;  ///< residual
  double enough;   ///< where to stop
  float rho;
  float step;   ///< along the direction
  float ratio;  ///< of the old direction in the next
  int active;
};

/// The vectors of all bands, one after the other, on the coarse grid.
struct ProjectionVectors {
  int width, height;
  ProjectionState* state;  ///< by band
  float *u, *r, *p, *q, *across;

  HD std::ptrdiff_t at(int b, int x, int y) const { return (std::ptrdiff_t(b) * height + y) * width + x; }
};

/// BandedGram where the loops run.
struct GramTable {
  const float* coefficients;
  int size;
  int reach;
  HD float at(int d, int i) const { return coefficients[std::ptrdiff_t(d + reach) * size + i]; }
};

/// u := 0, p := r
struct BeginProjection {
  ProjectionVectors v;
  HD void operator()(int b, int x, int y) const {
    const std::ptrdiff_t i = v.at(b, x, y);
    v.u[i] = 0;
    v.p[i] = v.r[i];
  }
};

/// across := p times the operator along x
struct GramColumns {
  ProjectionVectors v;
  GramTable table;

  HD void operator()(int b, int x, int y) const {
    if (!v.state[b].active) return;
    const std::ptrdiff_t i = v.at(b, x, y);
    float sum = 0;
    for (int d = -table.reach; d <= table.reach; ++d)
      if (x + d >= 0 && x + d < v.width) sum += table.at(d, x) * v.p[i + d];
    v.across[i] = sum;
  }
};

/// q := across times the operator along y, + rho p
struct GramRows {
  ProjectionVectors v;
  GramTable table;

  HD void operator()(int b, int x, int y) const {
    if (!v.state[b].active) return;
    const std::ptrdiff_t i = v.at(b, x, y);
    float sum = 0;
    for (int d = -table.reach; d <= table.reach; ++d)
      if (y + d >= 0 && y + d < v.height) sum += table.at(d, y) * v.across[i + d * v.width];
    v.q[i] = sum + v.state[b].rho * v.p[i];
  }
};

/// u += step p, r -= step q
struct StepAlong {
  ProjectionVectors v;
  HD void operator()(int b, int x, int y) const {
    if (!v.state[b].active) return;
    const std::ptrdiff_t i = v.at(b, x, y);
    v.u[i] += v.state[b].step * v.p[i];
    v.r[i] += -v.state[b].step * v.q[i];
  }
};

/// p := r + ratio p
struct NextDirection {
  ProjectionVectors v;
  HD void operator()(int b, int x, int y) const {
    if (!v.state[b].active) return;
    const std::ptrdiff_t i = v.at(b, x, y);
    v.p[i] = v.r[i] + v.state[b].ratio * v.p[i];
  }
};

/// r := u
struct EndProjection {
  ProjectionVectors v;
  HD void operator()(int b, int x, int y) const {
    const std::ptrdiff_t i = v.at(b, x, y);
    v.r[i] = v.u[i];
  }
};

/// Sums of a block's threads in double, by halves. The order is not that of the CPU, whose sums differ in the last
/// digits of a double; they become float32 before they touch a sample.
template <int kThreads>
struct TreeSum {
  static constexpr int kPhases = 8;  // after the one that sets `sums`
  static_assert(kThreads == 1 << kPhases);

  /// Phase 0 … kPhases - 1; afterwards sums[0] is the sum.
  HD static void halve(double* sums, int phase, int thread) {
    const int half = kThreads >> (phase + 1);
    if (thread < half) sums[thread] += sums[thread + half];
  }
};

/// One block multiplies kEntries entries of two vectors of one band.
struct PartialProducts {
  static constexpr int kThreads = 256;
  static constexpr int kEntries = 4096;
  const float *a, *b;
  std::ptrdiff_t size;  ///< of the vectors of a band
  int parts;            ///< of a band
  double* sums;

  std::size_t shared_bytes() const { return kThreads * sizeof(double); }
  HD int phases(int) const { return 1 + TreeSum<kThreads>::kPhases; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    double* const shared = reinterpret_cast<double*>(memory);
    if (phase > 0) {
      TreeSum<kThreads>::halve(shared, phase - 1, thread);
      if (phase == TreeSum<kThreads>::kPhases && thread == 0) sums[block] = shared[0];
      return;
    }
    const std::ptrdiff_t first = std::ptrdiff_t(block % parts) * kEntries;
    const std::ptrdiff_t end = first + kEntries < size ? first + kEntries : size;
    const std::ptrdiff_t offset = std::ptrdiff_t(block / parts) * size;
    double sum = 0;
    for (std::ptrdiff_t i = first + thread; i < end; i += kThreads)
      sum += double(a[offset + i]) * double(b[offset + i]);
    shared[thread] = sum;
  }
};

/// One block a band adds the parts up and says what follows.
struct ConcludeProduct {
  enum class Of { first_residual, curvature, residual };
  static constexpr int kThreads = 256;
  const double* sums;
  int parts;
  ProjectionState* state;
  Of of;
  double squared_residual;  ///< relative, where to stop

  std::size_t shared_bytes() const { return kThreads * sizeof(double); }
  HD int phases(int) const { return 2 + TreeSum<kThreads>::kPhases; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    double* const shared = reinterpret_cast<double*>(memory);
    if (phase > TreeSum<kThreads>::kPhases) {
      if (thread == 0) conclude(state[block], shared[0]);
      return;
    }
    if (phase > 0) return TreeSum<kThreads>::halve(shared, phase - 1, thread);
    double sum = 0;
    for (int i = thread; i < parts; i += kThreads) sum += sums[std::ptrdiff_t(block) * parts + i];
    shared[thread] = sum;
  }

 private:
  HD void conclude(ProjectionState& s, double product) const {
    if (of == Of::first_residual) {
      s.enough = squared_residual * product;
      s.squared = product;
      s.active = product > s.enough && product > 0;
    } else if (!s.active) {
      return;
    } else if (of == Of::curvature) {
      s.active = product > 0;
      s.step = s.active ? float(s.squared / product) : 0.0f;
    } else {
      s.ratio = float(product / s.squared);
      s.squared = product;
      s.active = product > s.enough && product > 0;
    }
  }
};

}  // namespace nadir
