// Launches of the data term; compiled as C++ or as CUDA.
#include "stages/super_resolution/data_ops.h"

#include <algorithm>

#include "stages/super_resolution/data_kernels.h"
#include "stages/super_resolution/projection_kernels.h"

namespace nadir {
namespace {

constexpr int kVectors = 5;      // of Projection, beside the residual
constexpr int kMostParts = 512;  // of a vector: every block adds up the products of all

// A part: whole rounds of a block's threads.
int entries_of_part(Size coarse) {
  constexpr int kThreads = ProjectionVectors::kThreads;
  return ceil_div(coarse.width * coarse.height, kThreads * kMostParts) * kThreads;
}

int parts_of(Size coarse) { return ceil_div(coarse.width * coarse.height, entries_of_part(coarse)); }

}  // namespace

Projection::Projection(Exec& exec, const DataTerm& data, int bands)
    : exec_(exec),
      data_(data),
      bands_(bands),
      column_table_(exec, data.columns().coefficients),
      row_table_(exec, data.rows().coefficients),
      r_(exec, whole(data.coarse()), bands),
      correction_(exec, whole(data.fine()), bands),
      vectors_(exec, kVectors * std::size_t(whole(data.coarse()).area()) * std::size_t(bands)),
      products_(exec, 2 * std::size_t(parts_of(data.coarse())) * std::size_t(bands)),
      states_(std::make_unique<Buffer<ProjectionState>>(exec, 2 * std::size_t(bands))) {}

Projection::~Projection() = default;

void Projection::run(TileView x, ConstTileView y, const float* rho, TileView z) const {
  const Size fine = data_.fine();
  for_each(exec_, bands_, x.window, MirrorSamples{x, fine.width, fine.height}, "mirror_samples");
  observe(exec_, x, r_.view(), data_.taps());
  observe_adjoint(exec_, solve(y, rho), correction_.view(), data_.taps(), fine, data_.coarse());
  for_each(exec_, bands_, whole(fine), AddTiles{x, correction_.view(), z}, "add_tiles");
}

// (A A' + rho I)^-1 (y - r). How many steps a band takes is known on the device only.
ConstTileView Projection::solve(ConstTileView y, const float* rho) const {
  const Size coarse = data_.coarse();
  const TileView r = r_.view();
  const std::size_t n = std::size_t(r.plane) * std::size_t(bands_);
  float* const u = vectors_.data();
  float* const p[] = {u + n, u + 2 * n};
  const ProjectionVectors v{coarse.width, coarse.height, entries_of_part(coarse), parts_of(coarse), u, r.samples,
                            u + 3 * n,    u + 4 * n};
  const GramTable columns{column_table_.data(), data_.columns().size, data_.columns().reach};
  const GramTable rows{row_table_.data(), data_.rows().size, data_.rows().reach};
  const int blocks = bands_ * v.parts;
  double* const residual = products_.data();
  double* const curvature = residual + blocks;
  ProjectionState* const state = states_->data();
  ProjectionState* const next = state + bands_;
  for_each_block(exec_, blocks, BeginProjection{v, y, residual}, "begin_projection");
  for (int k = 0; k < kMostProjectionSteps; ++k) {
    float* const to = p[k % 2];
    for_each_block(exec_, blocks,
                   FindDirection{v, columns, p[(k + 1) % 2], to, residual, state, next, k == 0, kSquaredResidual},
                   "find_direction");
    for_each_block(exec_, blocks, FindCurvature{v, rows, to, rho, next, curvature}, "find_curvature");
    for_each_block(exec_, blocks, StepAlong{v, to, curvature, residual, next, state}, "step_along");
  }
  return {u, r.valid, r.stride, r.plane, bands_, r.window};
}

std::size_t Projection::bytes(Size coarse, Size fine, int bands) {
  return (kVectors + 2) * Tile::bytes(whole(coarse), bands) + 2 * Tile::bytes(whole(fine), bands);
}

void interpolate_mirrored(Exec& exec, ConstTileView y, const InterpolationTaps& taps, TileView x) {
  if (taps.scale() > BicubicTaps::kMostScale || taps.count() != BicubicTaps::kTaps)
    throw Error(Fault::internal, "another interpolation than kernels can do");
  BicubicTaps by_phase{};
  by_phase.scale = taps.scale();
  for (int p = 0; p < taps.scale(); ++p) {
    by_phase.first[p] = taps.first(p);
    std::copy_n(taps.weights(p), BicubicTaps::kTaps, by_phase.weights[p]);
  }
  for_each(exec, x.bands, x.window, InterpolateMirrored{y, x, by_phase}, "interpolate_mirrored");
}

void mix_bands(Exec& exec, ConstTileView x, const float* weights, float offset, float* out) {
  for_each(exec, 1, x.window, MixBands{x, weights, offset, x.window.width, out}, "mix_bands");
}

void copy_band(Exec& exec, ConstTileView z, int band, float* out) {
  for_each(exec, 1, z.window, CopyBand{z, band, z.window.width, out}, "copy_band");
}

}  // namespace nadir
