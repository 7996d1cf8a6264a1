// The fast path of the CPU against the functors that CUDA runs.
#include "stages/wavelet/analyze_cpu.h"

#include <gtest/gtest.h>

#include <cstring>

#include "pipeline/backend/launch.h"
#include "stages/wavelet/fill_launch.h"
#include "stages/wavelet/wavelet_kernels.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

// One level straight from the definition, with the functors' own arithmetic.
Tile analyze_by_functors(ConstTileView fine, const Window& packed_window, const Bank& bank) {
  const int levels = bank.layout.levels;
  const int bands = bank.layout.source_bands;
  const LevelWindows w = analysis_windows(bank, packed_window);
  const Window need = analysis_window(bank, packed_window);
  const Window blocks{need.x >> levels, need.y >> levels, need.width >> levels, need.height >> levels};
  Exec exec;
  Tile means(blocks, bands), packed(packed_window, bands * bank.layout.bands_per_source_band());
  Tile current(w.level[0], bands);
  fill_scene(exec, fine, means.view(), current.view(), fill_rule(bank));
  for (int l = 1; l <= levels; ++l) {
    const Window in = w.level[l - 1], next = w.level[l], details = w.details[l];
    Tile low({next.x, in.y, next.width, in.height}, bands), high({details.x, in.y, details.width, in.height}, bands);
    for_each_cpu(exec, bands, low.window(), AnalyzeX{current.view(), low.view(), bank.filter.low});
    for_each_cpu(exec, bands, high.window(), AnalyzeX{current.view(), high.view(), bank.filter.high});
    Tile ll(next, bands);
    for_each_cpu(exec, bands, next, AnalyzeYToTile{{low.view(), bank.filter.low}, ll.view()});
    const auto detail = [&](const Tile& from, const AnalysisChannel& c, Orientation o) {
      for_each_cpu(exec, bands, details, AnalyzeYToBands{{from.view(), c}, packed.view(), bank.layout, l, o});
    };
    detail(low, bank.filter.high, Orientation::lh);
    detail(high, bank.filter.low, Orientation::hl);
    detail(high, bank.filter.high, Orientation::hh);
    current = std::move(ll);
  }
  for_each_cpu(exec, bands, w.level[levels], PackCoarsest{current.view(), means.view(), packed.view(), bank.layout});
  return packed;
}

void expect_same_bits(ConstTileView a, ConstTileView b, const std::string& what) {
  for (int y = a.window.y; y < a.window.bottom(); ++y)
    for (int x = a.window.x; x < a.window.right(); ++x) {
      ASSERT_EQ(a.is_valid(x, y), b.is_valid(x, y)) << what << " " << x << "," << y;
      for (int band = 0; band < a.bands; ++band) {
        const float va = a(band, x, y), vb = b(band, x, y);
        ASSERT_EQ(std::memcmp(&va, &vb, sizeof va), 0)
            << what << " " << band << ": " << x << "," << y << ": " << va << ", " << vb;
      }
    }
}

void expect_equal_paths(FilterName name, Border border, int levels, Size size, bool holes) {
  SubbandLayout layout{levels, margin_of(filter_of(name), levels), 2, size};
  const Bank bank{filter_of(name), layout, border};
  const Window all{0, 0, ceil_div(size.width, 1 << levels) + 2 * layout.margin,
                   ceil_div(size.height, 1 << levels) + 2 * layout.margin};
  for (const Window& packed : {all, Window{layout.margin, layout.margin, 1, 1}}) {
    const Window need = analysis_window(bank, packed);
    test::Image texture = test::make_texture(need.width, need.height, 2, 7);
    if (holes) texture.invalidate(intersect({need.width / 3, need.height / 4, 9, 5}, texture.info.grid.window()));
    ConstTileView fine = std::as_const(texture.tile).view();
    fine.window = need;
    Tile fast(packed, 2 * layout.bands_per_source_band());
    analyze_cpu(Exec(), fine, fast.view(), bank);
    expect_same_bits(fast.view(), analyze_by_functors(fine, packed, bank).view(),
                     name_of(name) + " " + std::to_string(int(border)));
  }
}

TEST(AnalyzeCpu, gives_the_bits_of_the_functors_for_every_kind_of_bank_and_border) {
  for (const FilterName name : {FilterName::haar, FilterName::haar_mean, FilterName::db4, FilterName::db5,
                                FilterName::cdf53, FilterName::cdf97, FilterName::johnston_12a})
    for (const Border border : {Border::symmetric, Border::periodic, Border::reflect, Border::zero})
      for (const int levels : {1, 3})
        for (const bool holes : {false, true}) {
          expect_equal_paths(name, border, levels, {61, 45}, holes);
          expect_equal_paths(name, border, levels, {1, 2}, holes);
        }
}

TEST(AnalyzeCpu, cuts_large_windows_into_strips_without_a_trace) {
  expect_equal_paths(FilterName::db4, Border::symmetric, 2, {4300, 40}, true);
  expect_equal_paths(FilterName::haar, Border::symmetric, 2, {30, 2300}, true);
}

}  // namespace
}  // namespace nadir
