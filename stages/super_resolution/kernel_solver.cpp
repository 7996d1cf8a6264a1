// solve_nonlocal by kernels: on a device, or for tests on the CPU.
#include "stages/super_resolution/kernel_solver.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/backend/staged_tile.h"
#include "stages/super_resolution/data_ops.h"
#include "stages/super_resolution/group_ops.h"
#include "stages/super_resolution/residual_network_ops.h"
#include "stages/super_resolution/search_ops.h"

namespace nadir {
namespace {

class KernelSolver {
 public:
  KernelSolver(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin)
      : exec_(exec),
        settings_(settings),
        data_(settings.observation, {y.window.width, y.window.height}),
        layout_(data_.fine(), settings.copies, settings.search.patch + 1, origin),
        host_y_(y),
        y_(exec, y),
        x_(exec, data_.padded(), y.bands),
        z_(exec, whole(data_.fine()), y.bands),
        mix_(settings.guide_of(y.bands)),
        weights_(exec, mix_.weights),
        rho_(exec, all_rho(settings)),
        projection_(exec, data_, y.bands),
        pyramids_(exec, layout_),
        pyramid_(exec, layout_.samples()),
        guide_(exec, layout_.samples()) {
    const Observation& o = settings.observation;
    interpolate_mirrored(exec, y_.view(), {Interpolation::bicubic, o.factor, centre_of(o)}, x_.view());
  }

  Tile run() {
    if (std::min(data_.fine().width, data_.fine().height) >= settings_.largest_patch())
      for (int k = 0; k < settings_.iterations; ++k) iterate(k);
    matches_.reset();
    shrinker_.reset();
    project(settings_.iterations - 1);
    if (std::any_of(settings_.doubt.begin(), settings_.doubt.end(), [](float doubt) { return doubt > 0; }))
      doubt_on_host();
    if (settings_.orientations > 0) correct_by_network();
    return download();
  }

 private:
  static std::vector<float> all_rho(const SolverSettings& settings) {
    std::vector<float> all;
    for (int k = 0; k < settings.iterations; ++k) {
      const std::vector<float> rho = settings.rho(k);
      all.insert(all.end(), rho.begin(), rho.end());
    }
    return all;
  }

  void project(int k) {
    const float* rho = rho_.data() + std::size_t(k) * settings_.noise.size();
    projection_.run(x_.view(), y_.view(), rho, z_.view());
  }

  void iterate(int k) {
    project(k);
    if (k % settings_.keep_matches == 0) match(k);
    for (int b = 0; b < z_.view().bands; ++b) {
      copy_band(exec_, z_.view(), b, pyramid_.data());
      pyramids_.fill_copies(pyramid_.data());
      View x = x_.view().crop(whole(data_.fine())).band(b);
      shrinker_->run(pyramid_.data(), matches_->data(), settings_.threshold(k), settings_.momentum_after(k), x);
    }
  }

  void match(int k) {
    const SearchSettings search = settings_.search_of(k);
    const ReferenceGrid grid(data_.fine(), search.patch, k, layout_.origin(), settings_.stride);
    shrinker_.reset();
    matches_.emplace(exec_, std::size_t(grid.count()) * std::size_t(search.similar));
    mix_bands(exec_, x_.view().crop(whole(data_.fine())), weights_.data(), mix_.offset, pyramid_.data());
    pyramids_.fill_copies(pyramid_.data());
    pyramids_.quantize(pyramid_.data(), guide_.data());
    pyramids_.match(guide_.data(), grid, search, k, matches_->data());
    shrinker_.emplace(exec_, data_.fine(), grid, search);
  }

  void doubt_on_host() {
    Tile z = download();
    Exec host;
    doubt_details(host, settings_, host_y_, z.view());
    z_.upload(z.view());
  }

  void correct_by_network() {
    const Observation& o = settings_.observation;
    NetworkOps(exec_, data_.fine(), o.factor, centre_of(o), settings_.orientations)
        .correct(y_.view(), z_.view(), x_.view());
    project(settings_.iterations - 1);
  }

  Tile download() {
    Tile z(whole(data_.fine()), z_.view().bands);
    z_.download(z.view());
    exec_.finish();
    return z;
  }

  Exec& exec_;
  const SolverSettings& settings_;
  DataTerm data_;
  PyramidLayout layout_;
  ConstTileView host_y_;
  StagedTile y_, x_;
  StagedTile z_;
  GuideMix mix_;
  Buffer<float> weights_;
  Buffer<float> rho_;  ///< of all iterations: nothing is brought over between them
  Projection projection_;
  PyramidOps pyramids_;
  Buffer<float> pyramid_;
  Buffer<std::int16_t> guide_;
  std::optional<Buffer<std::int32_t>> matches_;
  std::optional<GroupShrinker> shrinker_;
};

}  // namespace

Tile solve_by_kernels(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin) {
  return KernelSolver(exec, settings, y, origin).run();
}

std::size_t kernel_solver_bytes(const SolverSettings& settings, Size coarse, int bands) {
  const int scale = settings.observation.factor;
  const Size fine{coarse.width * scale, coarse.height * scale};
  const std::size_t pixels = std::size_t(fine.width) * std::size_t(fine.height);
  double area = 1;  // of image and copies
  for (const float f : settings.copies) area += 1 / double(f * f);
  const auto pyramid = std::size_t(area * double(pixels));
  SearchSettings search = settings.search;
  search.patch = settings.largest_patch();
  constexpr std::size_t kReferenceArea = std::size_t{kReferenceStride} * kReferenceStride;
  const std::size_t references = pixels / kReferenceArea + pixels / std::size_t(kReferenceStride);  // and both ends
  const std::size_t matches = references * std::size_t(search.similar) * sizeof(std::int32_t);
  return Tile::bytes(whole(coarse), bands) + 2 * Tile::bytes(whole(fine), bands) +
         Projection::bytes(coarse, fine, bands) + pyramid * (sizeof(float) + sizeof(std::int16_t)) +
         std::max(matches + GroupShrinker::bytes(fine, search),
                  settings.orientations > 0 ? NetworkOps::bytes(fine, scale, settings.orientations) : 0);
}

}  // namespace nadir
