// Conjugate gradients of the data term as functors. All but the inner products have the bits of data_term.cpp.
//
// A step takes three launches, for what follows from an inner product is found anew by every block of the next one:
// FindDirection, FindCurvature, StepAlong. None of them writes what others of its blocks read; hence two states and two
// directions, old and new. Bands that are done are passed over.
#pragma once

#include <cstddef>

#include "pipeline/backend/launch_blocks.h"

namespace nadir {

/// Of one band.
struct ProjectionState {
  double squared;  ///< residual
  double enough;   ///< where to stop
  float step;      ///< along the direction
  int active;
};

/// BandedGram where the loops run.
struct GramTable {
  const float* coefficients;
  int size;
  int reach;
  HD float at(int d, int i) const { return coefficients[std::ptrdiff_t(d + reach) * size + i]; }
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

/// The vectors of all bands, one after the other, on the coarse grid; each band is cut into parts, one a block.
struct ProjectionVectors {
  static constexpr int kThreads = 256;
  static constexpr int kPhasesOfSum = TreeSum<kThreads>::kPhases;

  int width, height;
  int entries;  ///< of a part
  int parts;    ///< of a band
  float *u, *r, *q, *across;

  struct Shared {
    double sums[kThreads];
    ProjectionState state;
    float ratio;  // of the old direction in the new one
  };

  HD int band(int block) const { return block / parts; }
  HD std::ptrdiff_t offset(int block) const { return std::ptrdiff_t(band(block)) * width * height; }

  /// Calls visit(i) for the entries of a thread.
  template <class Visit>
  HD void for_each_entry(int block, int thread, const Visit& visit) const {
    const int first = block % parts * entries;
    const int end = first + entries < width * height ? first + entries : width * height;
    for (int i = first + thread; i < end; i += kThreads) visit(i);
  }

  /// The sum of a thread's share of the partial products of a band.
  HD double share(const double* products, int block, int thread) const {
    double sum = 0;
    for (int i = thread; i < parts; i += kThreads) sum += products[std::ptrdiff_t(band(block)) * parts + i];
    return sum;
  }
};

/// r := y - r, u := 0, and partial products r r.
struct BeginProjection {
  static constexpr int kThreads = ProjectionVectors::kThreads;
  ProjectionVectors v;
  ConstTileView y;
  double* residual;

  std::size_t shared_bytes() const { return kThreads * sizeof(double); }
  HD int phases(int) const { return 1 + v.kPhasesOfSum; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    double* const sums = reinterpret_cast<double*>(memory);
    if (phase > 0) {
      TreeSum<kThreads>::halve(sums, phase - 1, thread);
      if (phase == v.kPhasesOfSum && thread == 0) residual[block] = sums[0];
      return;
    }
    float* const r = v.r + v.offset(block);
    float* const u = v.u + v.offset(block);
    double sum = 0;
    v.for_each_entry(block, thread, [&](int i) {
      const float value = y(v.band(block), y.window.x + i % v.width, y.window.y + i / v.width) - r[i];
      r[i] = value;
      u[i] = 0;
      sum += double(value) * double(value);
    });
    sums[thread] = sum;
  }
};

/// From the products r r: whether to go on, and p := r + ratio p; across := p times the operator along x.
struct FindDirection {
  static constexpr int kThreads = ProjectionVectors::kThreads;
  ProjectionVectors v;
  GramTable table;
  const float* old_p;
  float* p;
  const double* residual;
  const ProjectionState* old_state;
  ProjectionState* state;
  bool first;               ///< p := r; there is no old state
  double squared_residual;  ///< relative to that of the first, where to stop

  std::size_t shared_bytes() const { return sizeof(ProjectionVectors::Shared); }
  HD int phases(int block) const { return goes_on(block) ? 3 + v.kPhasesOfSum : 1; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    auto& s = *reinterpret_cast<ProjectionVectors::Shared*>(memory);
    const ProjectionState& old = old_state[v.band(block)];
    if (phase == 0 && !goes_on(block)) return put(old, block, thread);
    if (phase == 0)
      s.sums[thread] = v.share(residual, block, thread);
    else if (phase <= v.kPhasesOfSum)
      TreeSum<kThreads>::halve(s.sums, phase - 1, thread);
    else if (phase == 1 + v.kPhasesOfSum)
      conclude(s, old, block, thread);
    else if (s.state.active)
      turn(s.ratio, block, thread);
  }

 private:
  HD bool goes_on(int block) const { return first || old_state[v.band(block)].active; }

  HD void put(const ProjectionState& next, int block, int thread) const {
    if (thread == 0 && block % v.parts == 0) state[v.band(block)] = next;
  }

  HD void conclude(ProjectionVectors::Shared& s, const ProjectionState& old, int block, int thread) const {
    if (thread != 0) return;
    const double product = s.sums[0];
    s.state.enough = first ? squared_residual * product : old.enough;
    s.state.step = 0;
    s.ratio = first ? 0.0f : float(product / old.squared);
    s.state.squared = product;
    s.state.active = product > s.state.enough && product > 0;
    put(s.state, block, thread);
  }

  HD void turn(float ratio, int block, int thread) const {
    const std::ptrdiff_t offset = v.offset(block);
    const auto next = [&](std::ptrdiff_t i) { return first ? v.r[i] : v.r[i] + ratio * old_p[i]; };
    v.for_each_entry(block, thread, [&](int i) {
      const int x = i % v.width;
      float sum = 0;
      for (int d = -table.reach; d <= table.reach; ++d)
        if (x + d >= 0 && x + d < v.width) sum += table.at(d, x) * next(offset + i + d);
      v.across[offset + i] = sum;
      p[offset + i] = next(offset + i);
    });
  }
};

/// q := across times the operator along y, + rho p, and partial products p q.
struct FindCurvature {
  static constexpr int kThreads = ProjectionVectors::kThreads;
  ProjectionVectors v;
  GramTable table;
  const float* p;
  const float* rho;  ///< by band
  const ProjectionState* state;
  double* curvature;

  std::size_t shared_bytes() const { return kThreads * sizeof(double); }
  HD int phases(int block) const { return state[v.band(block)].active ? 1 + v.kPhasesOfSum : 0; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    double* const sums = reinterpret_cast<double*>(memory);
    if (phase > 0) {
      TreeSum<kThreads>::halve(sums, phase - 1, thread);
      if (phase == v.kPhasesOfSum && thread == 0) curvature[block] = sums[0];
      return;
    }
    const std::ptrdiff_t offset = v.offset(block);
    const float own_rho = rho[v.band(block)];
    double product = 0;
    v.for_each_entry(block, thread, [&](int i) {
      const int y = i / v.width;
      float sum = 0;
      for (int d = -table.reach; d <= table.reach; ++d)
        if (y + d >= 0 && y + d < v.height) sum += table.at(d, y) * v.across[offset + i + d * v.width];
      const float q = sum + own_rho * p[offset + i];
      v.q[offset + i] = q;
      product += double(p[offset + i]) * double(q);
    });
    sums[thread] = product;
  }
};

/// From the products p q: the step; u += step p, r -= step q, and partial products r r.
struct StepAlong {
  static constexpr int kThreads = ProjectionVectors::kThreads;
  ProjectionVectors v;
  const float* p;
  const double* curvature;
  double* residual;
  const ProjectionState* old_state;
  ProjectionState* state;

  static constexpr int kConclude = 1 + ProjectionVectors::kPhasesOfSum;  // phases
  static constexpr int kMove = 1 + kConclude;

  std::size_t shared_bytes() const { return sizeof(ProjectionVectors::Shared); }
  HD int phases(int block) const { return old_state[v.band(block)].active ? 1 + kMove + v.kPhasesOfSum : 1; }
  HD void operator()(int block, int phase, int thread, std::byte* memory) const {
    auto& s = *reinterpret_cast<ProjectionVectors::Shared*>(memory);
    const ProjectionState& old = old_state[v.band(block)];
    if (phase == 0 && !old.active) return put(old, block, thread);
    if (phase == 0)
      s.sums[thread] = v.share(curvature, block, thread);
    else if (phase < kConclude)
      TreeSum<kThreads>::halve(s.sums, phase - 1, thread);
    else if (phase == kConclude)
      conclude(s, old, block, thread);
    else if (s.state.active)
      go(s, block, phase, thread);
  }

 private:
  HD void put(const ProjectionState& next, int block, int thread) const {
    if (thread == 0 && block % v.parts == 0) state[v.band(block)] = next;
  }

  HD void conclude(ProjectionVectors::Shared& s, const ProjectionState& old, int block, int thread) const {
    if (thread != 0) return;
    const double product = s.sums[0];
    s.state = old;
    s.state.active = product > 0;
    s.state.step = s.state.active ? float(old.squared / product) : 0.0f;
    put(s.state, block, thread);
  }

  HD void go(ProjectionVectors::Shared& s, int block, int phase, int thread) const {
    if (phase > kMove) {
      TreeSum<kThreads>::halve(s.sums, phase - kMove - 1, thread);
      if (phase == kMove + v.kPhasesOfSum && thread == 0) residual[block] = s.sums[0];
      return;
    }
    const std::ptrdiff_t offset = v.offset(block);
    const float step = s.state.step;
    double sum = 0;
    v.for_each_entry(block, thread, [&](int i) {
      v.u[offset + i] += step * p[offset + i];
      const float r = v.r[offset + i] + -step * v.q[offset + i];
      v.r[offset + i] = r;
      sum += double(r) * double(r);
    });
    s.sums[thread] = sum;
  }
};

}  // namespace nadir
