// Launches of the data term; compiled as C++ or as CUDA.
#include "stages/super_resolution/data_ops.h"

#include <algorithm>
#include <vector>

#include "stages/super_resolution/data_kernels.h"

namespace nadir {

Projection::Projection(Exec& exec, const DataTerm& data, int bands)
    : exec_(exec),
      data_(data),
      bands_(bands),
      parts_(int((whole(data.coarse()).area() + PartialProducts::kEntries - 1) / PartialProducts::kEntries)),
      column_table_(exec, data.columns().coefficients),
      row_table_(exec, data.rows().coefficients),
      r_(exec, whole(data.coarse()), bands),
      correction_(exec, whole(data.fine()), bands),
      vectors_(exec, 4 * std::size_t(whole(data.coarse()).area()) * std::size_t(bands)),
      sums_(exec, std::size_t(parts_) * std::size_t(bands)),
      state_(std::make_unique<Buffer<ProjectionState>>(exec, std::size_t(bands))) {}

Projection::~Projection() = default;

void Projection::run(TileView x, ConstTileView y, std::span<const float> rho, TileView z) const {
  const Size fine = data_.fine();
  const Window coarse = whole(data_.coarse());
  std::vector<ProjectionState> states;
  for (const float value : rho) states.push_back({0, 0, value, 0, 0, 0});
  state_->upload(states);
  for_each(exec_, bands_, x.window, MirrorSamples{x, fine.width, fine.height}, "mirror_samples");
  observe(exec_, x, r_.view(), data_.taps());
  for_each(exec_, bands_, coarse, SubtractFrom{y, r_.view()}, "subtract_from");
  const std::size_t n = r_.view().plane * std::size_t(bands_);
  float* const first = vectors_.data();
  solve(
      {coarse.width, coarse.height, state_->data(), first, r_.view().samples, first + n, first + 2 * n, first + 3 * n});
  observe_adjoint(exec_, r_.view(), correction_.view(), data_.taps(), fine, data_.coarse());
  for_each(exec_, bands_, whole(fine), AddTiles{x, correction_.view(), z}, "add_tiles");
}

// r := (A A' + rho I)^-1 r. Bands that are done are passed over; how many steps they take is known on the device only.
void Projection::solve(const ProjectionVectors& v) const {
  const Window coarse = whole(data_.coarse());
  const auto launch = [&](const auto& f, const char* name) { for_each(exec_, bands_, coarse, f, name); };
  const GramTable columns{column_table_.data(), data_.columns().size, data_.columns().reach};
  const GramTable rows{row_table_.data(), data_.rows().size, data_.rows().reach};
  launch(BeginProjection{v}, "begin_projection");
  multiply(v, v.r, v.r, Product::first_residual);
  for (int k = 0; k < kMostProjectionSteps; ++k) {
    launch(GramColumns{v, columns}, "gram_columns");
    launch(GramRows{v, rows}, "gram_rows");
    multiply(v, v.p, v.q, Product::curvature);
    launch(StepAlong{v}, "step_along");
    multiply(v, v.r, v.r, Product::residual);
    launch(NextDirection{v}, "next_direction");
  }
  launch(EndProjection{v}, "end_projection");
}

void Projection::multiply(const ProjectionVectors& v, const float* a, const float* b, Product product) const {
  const std::ptrdiff_t size = std::ptrdiff_t(v.width) * v.height;
  for_each_block(exec_, bands_ * parts_, PartialProducts{a, b, size, parts_, sums_.data()}, "partial_products");
  for_each_block(exec_, bands_,
                 ConcludeProduct{sums_.data(), parts_, v.state, ConcludeProduct::Of(product), kSquaredResidual},
                 "conclude_product");
}

std::size_t Projection::bytes(Size coarse, Size fine, int bands) {
  return 6 * Tile::bytes(whole(coarse), bands) + 2 * Tile::bytes(whole(fine), bands);
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
