// Solves one rectangle of the image: alternates between what was observed and what is sparse.
#include "stages/super_resolution/block_solver.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "stages/super_resolution/interpolate.h"
#include "stages/super_resolution/linear_estimate.h"
#include "stages/super_resolution/regularizer.h"
#include "stages/super_resolution/residual_network.h"

namespace nadir {
namespace {

// The iterations of solve_nonlocal on one rectangle.
class NonlocalSolver {
 public:
  NonlocalSolver(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin)
      : exec_(exec),
        settings_(settings),
        y_(y),
        data_(settings.observation, {y.window.width, y.window.height}),
        x_(first_estimate(exec, data_, settings.observation, y)),
        z_(whole(data_.fine()), y.bands),
        layout_(data_.fine(), settings.copies, settings.search.patch + 1, origin) {}

  Tile run() {
    if (std::min(data_.fine().width, data_.fine().height) >= settings_.largest_patch())
      for (int k = 0; k < settings_.iterations; ++k) iterate(k);
    project(settings_.iterations - 1);
    x_ = Tile();
    doubt_details(exec_, settings_, y_, z_.view());
    if (settings_.orientations > 0) correct_by_network();
    return std::move(z_);
  }

 private:
  void project(int k) { data_.project(exec_, x_.view(), y_, settings_.rho(k), z_.view()); }

  void iterate(int k) {
    project(k);
    if (k % settings_.keep_matches == 0) match(k);
    std::vector<float> pyramid(layout_.samples());
    std::vector<float> aggregate(std::size_t(whole(data_.fine()).area()));
    for (int b = 0; b < y_.bands; ++b) {
      const float* z = z_.view().band(b).data;
      std::copy(z, z + aggregate.size(), pyramid.begin());
      layout_.fill_copies(exec_, pyramid);
      shrink_groups(exec_, layout_, pyramid, *grid_, matches_, search_, settings_.threshold(k), aggregate);
      extrapolate(aggregate, settings_.momentum_after(k), x_.view().band(b));
    }
  }

  void match(int k) {
    search_ = settings_.search_of(k);
    grid_.emplace(data_.fine(), search_.patch, k, layout_.origin(), settings_.stride);
    Guide guide(layout_, search_.patch, search_.simd);
    const int width = data_.fine().width;
    const GuideMix mix = settings_.guide_of(y_.bands);
    for (int y = 0; y < data_.fine().height; ++y) {
      float* to = &guide.pyramid()[std::size_t(y) * std::size_t(width)];
      std::fill_n(to, width, mix.offset);
      for (int b = 0; b < y_.bands; ++b) {
        const float* from = x_.view().band(b).row(y) - x_.window().x;
        const float weight = mix.weights[std::size_t(b)];
        for (int i = 0; i < width; ++i) to[i] += weight * from[i];
      }
    }
    layout_.fill_copies(exec_, guide.pyramid());
    guide.quantize(exec_);
    matches_ = guide.match(exec_, *grid_, search_, k);
  }

  // x := o + momentum (o - x)
  void extrapolate(const std::vector<float>& o, float momentum, View x) const {
    const Size size = data_.fine();
    for (int y = 0; y < size.height; ++y) {
      const float* from = &o[std::size_t(y) * std::size_t(size.width)];
      float* to = x.row(y) - x.window.x;
      for (int i = 0; i < size.width; ++i) to[i] = from[i] + momentum * (from[i] - to[i]);
    }
  }

  void correct_by_network() {
    x_ = Tile(data_.padded(), y_.bands);
    x_.fill(0, true);
    const TileView corrected = x_.view().crop(whole(data_.fine()));
    const Observation& o = settings_.observation;
    std::vector<float> correction(std::size_t(corrected.window.area()));
    for (int b = 0; b < y_.bands; ++b) {
      network_correction(exec_, settings_.search.simd, y_, b, z_.view(), o.factor, centre_of(o), settings_.orientations,
                         correction.data());
      const float* add = correction.data();
      for (int v = 0; v < corrected.window.height; ++v)
        for (int u = 0; u < corrected.window.width; ++u) corrected(b, u, v) = z_.view()(b, u, v) + *add++;
    }
    project(settings_.iterations - 1);
  }

  Exec& exec_;
  const SolverSettings& settings_;
  ConstTileView y_;
  DataTerm data_;
  Tile x_, z_;
  PyramidLayout layout_;
  SearchSettings search_;
  std::optional<ReferenceGrid> grid_;
  MatchList matches_;
};

}  // namespace

namespace {

constexpr float kMostDoubt = 1e4f;   // leaves the linear estimate of what is left of any image
constexpr float kLeastNoise = 0.2f;  // y is believed up to here; what rounding to 8 bits leaves, 0.29, is within

// Constants found for noise of 2.9 (5 in each of red, green and blue) on the training images; less noise lies between
// these and none. y says less about fine detail, so s falls evenly and not as far, and extrapolation would amplify what
// remains; groups are larger, for their covariances are; copies, whose noise is smaller, would be preferred for that
// alone; and what is left of detail is doubted.
void adapt_to_noise(SolverSettings& s, std::span<const float> noise) {
  const auto beyond_rounding = [](float n) { return std::max(0.0f, n - 0.3f); };
  float mean = 0;
  for (const float n : noise) {
    s.noise.push_back(std::max(kLeastNoise, 0.53f * n));
    s.doubt.push_back(std::min(kMostDoubt, 0.76f * beyond_rounding(n)));
    mean += n / float(noise.size());
  }
  const float beyond = beyond_rounding(mean);
  const float share = std::min(1.0f, beyond / 2.5f);
  s.first_step -= share * 15;
  s.last_step = std::min(20.0f, s.last_step + 0.17f * beyond);
  s.bend += share * (1 - s.bend);
  s.momentum += share * (0.4f - s.momentum);
  s.iterations -= int(share * float(s.iterations) / 3);
  s.search.similar += int(std::lround(2 * share)) * 4;
  s.search.radius -= int(share * float(std::max(0, s.search.radius - 60)));
  s.search.copy_penalty = beyond * beyond;
}

}  // namespace

SolverSettings preset(Quality quality, std::span<const float> noise, bool learned_prior) {
  SolverSettings s;
  // The prior adds more than the iterations that it takes the place of.
  if (quality == Quality::fast) {
    s.orientations = learned_prior ? 1 : 0;
    s.iterations = learned_prior ? 16 : 20;
    s.keep_matches = 2;
    s.stride = 8;
    s.search.similar = 56;
    s.copies = {1.6f};
    s.search.copy_radius = 16;
    s.search.row_step = 3;
  } else {
    const bool balanced = quality == Quality::balanced;
    s.orientations = learned_prior ? (balanced ? 4 : 8) : 0;
    s.iterations = learned_prior ? (balanced ? 20 : 26) : (balanced ? 28 : 40);
    s.momentum = balanced ? 0.9f : 0.85f;
    s.alternate_patch = true;
    s.copies = balanced ? std::vector{1.4f, 1.9f} : std::vector{1.5f, 2.0f};
    s.search.radius = balanced ? 60 : 80;
    s.search.row_step = balanced ? 5 : 4;
  }
  adapt_to_noise(s, noise);
  return s;
}

double SolverSettings::step(int k) const {
  const double f = iterations > 1 ? std::pow(double(k) / (iterations - 1), double(bend)) : 1;
  return double(first_step) * std::pow(double(last_step / first_step), f);
}

std::vector<float> SolverSettings::rho(int k) const {
  std::vector<float> rho;
  for (const float n : noise) rho.push_back(float(std::pow(double(n) / step(k), 2)));
  return rho;
}

SearchSettings SolverSettings::search_of(int k) const {
  SearchSettings s = search;
  if (alternate_patch) s.patch += k % 2;
  return s;
}

void doubt_details(Exec& exec, const SolverSettings& settings, ConstTileView y, TileView z) {
  for (int b = 0; b < y.bands; ++b)
    if (const float doubt = settings.doubt[std::size_t(b)]; doubt > 0)
      doubt_detail(exec, settings.observation, y, b, doubt, z);
}

Tile first_estimate(Exec& exec, const DataTerm& data, const Observation& observation, ConstTileView y) {
  const InterpolationTaps taps(Interpolation::bicubic, observation.factor, centre_of(observation));
  Tile coarse(unite(y.window, taps.coarse_window(whole(data.fine()))), y.bands);
  copy_pixels(y, coarse.view(), y.window);
  for (int row = 0; row < y.window.height; ++row)
    std::fill_n(coarse.view().mask().row(row) - coarse.window().x, y.window.width, std::uint8_t{1});
  mirror_edges(coarse.view(), data.coarse());
  Tile x(data.padded(), y.bands);
  interpolate(exec, coarse.view(), x.view().crop(whole(data.fine())), taps);
  mirror_edges(x.view(), data.fine());
  return x;
}

Tile solve_nonlocal(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin) {
  return NonlocalSolver(exec, settings, y, origin).run();
}

Tile solve_back_projection(Exec& exec, const Observation& observation, int iterations, ConstTileView y) {
  const DataTerm data(observation, {y.window.width, y.window.height});
  Tile x = first_estimate(exec, data, observation, y);
  for (int k = 0; k < iterations; ++k) data.back_project(exec, x.view(), y);
  return x;
}

double centre_of(const Observation& observation) {
  return observation.first + 0.5 * (double(observation.taps.size()) - 1);
}

std::size_t solver_bytes(const SolverSettings& settings, Size coarse, int bands) {
  const int scale = settings.observation.factor;
  const Size fine{coarse.width * scale, coarse.height * scale};
  const std::size_t pixels = std::size_t(fine.width) * std::size_t(fine.height);
  constexpr std::size_t kReferenceArea = 49;
  const std::size_t matches = pixels / kReferenceArea * std::size_t(settings.search.similar) * sizeof(std::int32_t);
  double area = 1;  // of image and copies
  for (const float f : settings.copies) area += 1 / double(f * f);
  const auto pyramid = std::size_t(area * double(pixels));
  // x and z by band; what the adjoint adds to one band, the aggregate; guide and pyramid. What doubt_detail and the
  // network take afterwards is less.
  return pixels * sizeof(float) * (2 * std::size_t(bands) + 2) + Guide::bytes(pyramid) + pyramid * sizeof(float) +
         matches + shrink_groups_bytes(fine, settings.search);
}

}  // namespace nadir
