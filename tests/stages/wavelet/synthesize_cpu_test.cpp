// The way back on the CPU against the functors that CUDA runs.
#include "stages/wavelet/synthesize_cpu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "pipeline/backend/launch.h"
#include "stages/wavelet/wavelet_kernels.h"

namespace nadir {
namespace {

// One level of out.window by the functors alone.
void by_functors(ConstTileView approximations, ConstTileView packed, TileView out, const Bank& bank, int level) {
  Exec exec;
  const SynthesisChannel& low = bank.filter.back_low;
  const SynthesisChannel& high = bank.filter.back_high;
  const Window wide{approximations.window.x, out.window.y, approximations.window.width, out.window.height};
  Tile lows(wide, out.bands), highs(wide, out.bands);
  const auto detail = [&](Orientation o) { return DetailSource{packed, bank.layout, level, o}; };
  for_each(exec, out.bands, wide,
           SynthesizeY<ApproximationSource>{{approximations}, detail(Orientation::lh), lows.view(), low, high}, "low");
  for_each(exec, out.bands, wide,
           SynthesizeY<DetailSource>{detail(Orientation::hl), detail(Orientation::hh), highs.view(), low, high},
           "high");
  for_each(exec, out.bands, out.window, SynthesizeX{lows.view(), highs.view(), out, low, high}, "x");
}

// Numbers of all sizes, some of them no numbers.
Tile coefficients(const Window& window, int bands, unsigned seed) {
  Tile tile(window, bands);
  unsigned state = seed;
  for (int b = 0; b < bands; ++b)
    for (int y = window.y; y < window.bottom(); ++y)
      for (int x = window.x; x < window.right(); ++x) {
        state = state * 1664525u + 1013904223u;
        const float value = std::ldexp(float(state >> 8) / float(1 << 23) - 1, int(state & 15));
        tile.view()(b, x, y) = state % 97 == 0 ? std::numeric_limits<float>::quiet_NaN() : value;
      }
  return tile;
}

void expect_equal_paths(FilterName name, int levels, int level, const Window& out, int bands) {
  const Filter filter = filter_of(name);
  const int reach = kMaxFilterLength / 2 + 1;
  const SubbandLayout layout{levels, 20, bands, {4096, 4096}};
  const Bank bank{filter, layout};
  const Window needed = grow({out.x >> 1, out.y >> 1, out.width / 2 + 2, out.height / 2 + 2}, reach);
  const Tile approximations = coefficients(needed, bands, 1);
  const int shift = levels - level;
  const Window blocks =
      from_edges(needed.x >> shift, needed.y >> shift, (needed.right() >> shift) + 1, (needed.bottom() >> shift) + 1);
  const Tile packed = coefficients(translate(blocks, 20, 20), bands * layout.bands_per_source_band(), 2);
  Tile fast(out, bands), exact(out, bands);
  synthesize_level_cpu(Exec{}, approximations.view(), packed.view(), fast.view(), bank, level);
  by_functors(approximations.view(), packed.view(), exact.view(), bank, level);
  for (int b = 0; b < bands; ++b)
    for (int y = out.y; y < out.bottom(); ++y)
      ASSERT_EQ(
          std::memcmp(fast.view().band(b).row(y), exact.view().band(b).row(y), std::size_t(out.width) * sizeof(float)),
          0)
          << name_of(name) << ", level " << level << " of " << levels << ", row " << y;
}

TEST(SynthesizeCpu, gives_the_bits_of_the_functors_for_every_kind_of_bank) {
  for (const FilterName name : {FilterName::haar, FilterName::haar_mean, FilterName::db2, FilterName::db5,
                                FilterName::coif1, FilterName::cdf53, FilterName::cdf97, FilterName::johnston_64e})
    for (const int level : {1, 2, 3})
      for (const Window& out : {Window{0, 0, 61, 45}, Window{-3, -5, 9, 8}, Window{5, 4, 1, 1}, Window{6, 7, 130, 3}})
        expect_equal_paths(name, 3, level, out, 2);
}

TEST(SynthesizeCpu, cuts_large_windows_into_strips_without_a_trace) {
  expect_equal_paths(FilterName::db4, 1, 1, {1, 0, 2100, 20}, 1);
  expect_equal_paths(FilterName::cdf97, 1, 1, {0, 1, 20, 600}, 1);
}

}  // namespace
}  // namespace nadir
