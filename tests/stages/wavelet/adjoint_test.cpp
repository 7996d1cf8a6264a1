// The transposes of the transforms: the way back with the taps of the way forth, then folding what lies beyond the
// scene onto the samples that the border rule put there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet_kernels.h"

namespace nadir {
namespace {

double random_value(int seed, int b, int x, int y) {
  const double v = std::sin(12.9898 * x + 78.233 * y + 37.719 * b + 4.1414 * seed) * 43758.5453;
  return v - std::floor(v) - 0.5;
}

Tile random_tile(const Window& window, int bands, int seed) {
  Tile tile(window, bands);
  tile.fill(0, true);
  for (int b = 0; b < bands; ++b)
    for (int y = window.y; y < window.bottom(); ++y)
      for (int x = window.x; x < window.right(); ++x) tile.view()(b, x, y) = float(random_value(seed, b, x, y));
  return tile;
}

double dot(const Tile& a, const Tile& b) {
  const Window& w = a.window();
  double sum = 0;
  for (int band = 0; band < a.bands(); ++band)
    for (int y = w.y; y < w.bottom(); ++y)
      for (int x = w.x; x < w.right(); ++x) sum += double(a.view()(band, x, y)) * double(b.view()(band, x, y));
  return sum;
}

int source(Border border, int i, int n) {
  return border == Border::symmetric ? mirror(i, n) : border_source(border, i, n);
}

// The scene as stages get it, mirrored beyond its edges.
Tile seen_through(const Tile& scene, const Window& window) {
  Tile tile(window, 1);
  tile.fill(0, true);
  const Window& all = scene.window();
  for (int y = window.y; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x)
      tile.view()(0, x, y) = scene.view()(0, mirror(x, all.width), mirror(y, all.height));
  return tile;
}

Tile folded(const Tile& extended, Border border, Size size) {
  Tile scene(whole(size), 1);
  scene.fill(0, true);
  const Window& w = extended.window();
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      const int u = source(border, x, size.width), v = source(border, y, size.height);
      if (u != kNoSource && v != kNoSource) scene.view()(0, u, v) += extended.view()(0, x, y);
    }
  return scene;
}

// The same pixels in a larger window of zeros.
Tile embedded(const Tile& tile, const Window& window) {
  Tile larger(unite(tile.window(), window), tile.bands());
  larger.fill(0, true);
  copy_pixels(std::as_const(tile).view(), larger.view(), tile.window());
  return larger;
}

void scale_band(Tile& tile, int band, float factor) {
  const Window& w = tile.window();
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) tile.view()(band, x, y) *= factor;
}

SynthesisChannel back(const AnalysisChannel& channel) {
  SynthesisChannel same{channel.first, channel.length, {}};
  std::copy_n(channel.taps, channel.length, same.taps);
  return same;
}

Filter transposed(const Filter& filter) { return {filter.low, filter.high, back(filter.low), back(filter.high)}; }

struct Decimated {
  Bank bank;
  int levels() const { return bank.layout.levels; }
  int bands() const { return bank.layout.bands_per_source_band(); }
  double gain(int /*band*/) const { return 1; }
  Window all() const {
    const SubbandLayout& l = bank.layout;
    return {0, 0, ceil_div(l.source_size.width, 1 << l.levels) + 2 * l.margin,
            ceil_div(l.source_size.height, 1 << l.levels) + 2 * l.margin};
  }
  Window extended() const { return analysis_windows(bank, all()).level[0]; }
  Window needs() const { return analysis_window(bank, all()); }
  void forth(Exec& exec, ConstTileView fine, TileView packed) const { analyze(exec, fine, packed, bank); }
  Window needs_back(const Window& fine) const { return synthesis_window(bank, fine); }
  void back(Exec& exec, ConstTileView packed, TileView fine) const { synthesize(exec, {packed}, fine, bank); }
};

struct Stationary {
  StationaryBank bank;
  int levels() const { return bank.layout.levels; }
  int bands() const { return bank.layout.bands_per_source_band(); }
  /// The way back takes the mean of the shifts along both axes of each level.
  double gain(int band) const { return std::pow(4.0, band == 0 ? levels() : levels() - (band - 1) / 3); }
  Window all() const {
    const StationaryLayout& l = bank.layout;
    return {0, 0, l.source_size.width + 2 * l.margin, l.source_size.height + 2 * l.margin};
  }
  Window extended() const { return needs(); }
  Window needs() const { return stationary_analysis_window(bank, all()); }
  void forth(Exec& exec, ConstTileView fine, TileView packed) const { stationary_analyze(exec, fine, packed, bank); }
  Window needs_back(const Window& fine) const { return stationary_synthesis_window(bank, fine); }
  void back(Exec& exec, ConstTileView packed, TileView fine) const {
    stationary_synthesize(exec, packed, {}, fine, bank);
  }
};

template <class Transform>
void expect_adjoint(const Transform& forth, const Transform& transpose, Border border, Size size,
                    const std::string& what) {
  Exec exec;
  const Tile x = random_tile(whole(size), 1, 1);
  const Tile c = random_tile(forth.all(), forth.bands(), 2);
  Tile ax(forth.all(), forth.bands());
  forth.forth(exec, seen_through(x, forth.needs()).view(), ax.view());
  Tile extended(forth.extended(), 1);
  Tile enough = embedded(c, grow(transpose.needs_back(extended.window()), 2));
  for (int b = 0; b < enough.bands(); ++b) scale_band(enough, b, float(forth.gain(b)));
  transpose.back(exec, std::as_const(enough).view(), extended.view());
  const Tile atc = folded(extended, border, size);
  const double scale = std::sqrt(dot(ax, ax) * dot(c, c)) + 1;
  EXPECT_NEAR(dot(ax, c), dot(x, atc), 1e-5 * scale) << what;
}

TEST(WaveletAdjoint, is_the_transpose_for_every_bank_border_and_size) {
  for (const std::string& name : filter_names())
    for (const Border border : {Border::symmetric, Border::periodic, Border::reflect, Border::zero})
      for (const Size size : {Size{1, 1}, Size{2, 3}, Size{5, 1}, Size{17, 12}})
        for (const int levels : {1, 2}) {
          const Filter f = filter_of(*filter_named(name));
          if (f.low.length > 24 && levels > 1) continue;  // slow, and nothing in them that shorter ones lack
          const std::string what = name + ", border " + std::to_string(int(border)) + ", " +
                                   std::to_string(size.width) + "x" + std::to_string(size.height);
          const SubbandLayout layout{levels, margin_of(f, levels), 1, size};
          expect_adjoint(Decimated{{f, layout, border}}, Decimated{{transposed(f), layout, border}}, border, size,
                         what);
          const StationaryLayout full{levels, stationary_margin(f, levels), 1, size};
          expect_adjoint(Stationary{{f, full, border}}, Stationary{{transposed(f), full, border}}, border, size,
                         what + ", stationary");
        }
}

}  // namespace
}  // namespace nadir
