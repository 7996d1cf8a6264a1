// Launches of the wavelet family; compiled as C++ or as CUDA.
#include "stages/wavelet/wavelet_ops.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "pipeline/backend/launch.h"
#include "stages/wavelet/wavelet_kernels.h"
#include "stages/wavelet/wavelet_tables.h"

namespace nadir {
namespace {

constexpr std::array kFilterNames{"haar", "haar_mean", "db2", "db4"};  // in the order of FilterName

constexpr std::size_t kMaxLevels = 12;
using LevelWindows = std::array<Window, kMaxLevels + 1>;  // by level, 0 the scene itself

Filter make_filter(std::span<const double> h, double gain) {
  Filter filter;
  filter.length = int(h.size());
  filter.gain = gain;
  for (std::size_t j = 0; j < h.size(); ++j) {
    filter.low[j] = h[j];
    filter.high[j] = (j % 2 ? -1 : 1) * h[h.size() - 1 - j];
  }
  return filter;
}

Window scaled(const Window& w, int factor) { return {w.x * factor, w.y * factor, w.width * factor, w.height * factor}; }

// The pixels of blocks of 2^shift that touch the window, in blocks.
Window in_blocks(const Window& w, int shift) {
  return from_edges(w.x >> shift, w.y >> shift, ((w.right() - 1) >> shift) + 1, ((w.bottom() - 1) >> shift) + 1);
}

// Samples that the low channel of `low` and the high channel of `high` are computed from.
Window analyzed(const Filter& f, const Window& low, const Window& high) {
  const Window a = from_edges(2 * low.x, 2 * low.y, 2 * low.right() - 2 + f.length, 2 * low.bottom() - 2 + f.length);
  const Window b =
      from_edges(2 * high.x + 2 - f.length, 2 * high.y + 2 - f.length, 2 * high.right(), 2 * high.bottom());
  return unite(a, b);
}

// Approximations of each level that the packed window needs.
LevelWindows analysis_windows(const Filter& filter, const SubbandLayout& layout, const Window& packed) {
  const Window blocks = translate(packed, -layout.margin, -layout.margin);
  LevelWindows windows{};
  windows[std::size_t(layout.levels)] = blocks;
  for (int l = layout.levels; l > 0; --l)
    windows[std::size_t(l - 1)] = analyzed(filter, windows[std::size_t(l)], scaled(blocks, 1 << (layout.levels - l)));
  return windows;
}

struct Channels {
  Window low;
  Window high;
};

// Coefficients that the samples of `w` are synthesized from.
Channels synthesized(const Filter& f, const Window& w) {
  const auto low_begin = [&f](int a) { return ceil_div(a + 1 - f.length, 2); };
  const auto low_end = [](int b) { return floor_div(b - 1, 2) + 1; };
  const auto high_begin = [](int a) { return ceil_div(a - 1, 2); };
  const auto high_end = [&f](int b) { return floor_div(b - 3 + f.length, 2) + 1; };
  return {from_edges(low_begin(w.x), low_begin(w.y), low_end(w.right()), low_end(w.bottom())),
          from_edges(high_begin(w.x), high_begin(w.y), high_end(w.right()), high_end(w.bottom()))};
}

// The approximations of the last level as bands of their own, without copying.
ConstTileView coarsest(ConstTileView packed, const SubbandLayout& layout) {
  ConstTileView view = packed;
  view.plane = packed.plane * layout.bands_per_source_band();
  view.bands = layout.source_bands;
  view.window = translate(packed.window, -layout.margin, -layout.margin);
  return view;
}

void analyze_level(Exec& exec, ConstTileView in, TileView approximations, TileView packed, const Filter& filter,
                   const SubbandLayout& layout, int level) {
  const Window blocks = scaled(translate(packed.window, -layout.margin, -layout.margin), 1 << (layout.levels - level));
  const Window& next = approximations.window;
  const int bands = in.bands;
  const ScratchTile low(exec, {next.x, in.window.y, next.width, in.window.height}, bands);
  const ScratchTile high(exec, {blocks.x, in.window.y, blocks.width, in.window.height}, bands);
  for_each(exec, bands, low.view().window, AnalyzeX{in, low.view(), filter, false}, "analyze_x_low");
  for_each(exec, bands, high.view().window, AnalyzeX{in, high.view(), filter, true}, "analyze_x_high");
  for_each(exec, bands, next, AnalyzeYToTile{{low.view(), filter, false}, approximations}, "analyze_ll");
  const auto detail = [&](const ScratchTile& from, bool high_in_y, Orientation o, const char* name) {
    for_each(exec, bands, blocks, AnalyzeYToBands{{from.view(), filter, high_in_y}, packed, layout, level, o}, name);
  };
  detail(low, true, Orientation::lh, "analyze_lh");
  detail(high, false, Orientation::hl, "analyze_hl");
  detail(high, true, Orientation::hh, "analyze_hh");
}

void synthesize_level(Exec& exec, ConstTileView approximations, ConstTileView packed, TileView out,
                      const Filter& filter, const SubbandLayout& layout, int level) {
  const auto [low_window, high_window] = synthesized(filter, out.window);
  const int bands = out.bands;
  const ScratchTile low(exec, {low_window.x, out.window.y, low_window.width, out.window.height}, bands);
  const ScratchTile high(exec, {high_window.x, out.window.y, high_window.width, out.window.height}, bands);
  const auto detail = [&](Orientation o) { return DetailSource{packed, layout, level, o}; };
  for_each(exec, bands, low.view().window,
           SynthesizeY<ApproximationSource>{{approximations}, detail(Orientation::lh), low.view(), filter},
           "synthesize_y_low");
  for_each(exec, bands, high.view().window,
           SynthesizeY<DetailSource>{detail(Orientation::hl), detail(Orientation::hh), high.view(), filter},
           "synthesize_y_high");
  for_each(exec, bands, out.window, SynthesizeX{low.view(), high.view(), out, filter}, "synthesize_x");
}

}  // namespace

Filter filter_of(FilterName name) {
  switch (name) {
    case FilterName::haar: return make_filter(kHaar, 1);
    case FilterName::haar_mean: return make_filter(kHaarMean, 2);
    case FilterName::db2: return make_filter(kDb2, 1);
    case FilterName::db4: return make_filter(kDb4, 1);
  }
  return {};
}

std::string name_of(FilterName name) { return kFilterNames[std::size_t(name)]; }

std::optional<FilterName> filter_named(const std::string& name) {
  const auto it = std::find(kFilterNames.begin(), kFilterNames.end(), name);
  if (it == kFilterNames.end()) return std::nullopt;
  return FilterName(it - kFilterNames.begin());
}

int margin_of(const Filter& filter, int levels) {
  int margin = 0;
  int left = 0;  // the first approximation that is needed, in pixels of its level
  for (int l = 1; l <= levels; ++l) {
    left = ceil_div(left + 1 - filter.length, 2);
    const int right = filter.length / 2 - 1;
    margin = std::max(margin, ceil_div(std::max(-left, right), 1 << (levels - l)));
  }
  return margin;
}

Window analysis_window(const Filter& filter, const SubbandLayout& layout, const Window& packed) {
  if (packed.empty()) return {};
  return scaled(in_blocks(analysis_windows(filter, layout, packed)[0], layout.levels), 1 << layout.levels);
}

std::size_t analysis_scratch(const Filter& filter, const SubbandLayout& layout, const Window& packed) {
  // The filled image, both channels of the first level at half its size, approximations at a quarter, and block means.
  return 3 * Tile::bytes(analysis_window(filter, layout, packed), layout.source_bands);
}

void analyze(Exec& exec, ConstTileView fine, TileView packed, const Filter& filter, const SubbandLayout& layout) {
  const int bands = layout.source_bands;
  const LevelWindows windows = analysis_windows(filter, layout, packed.window);
  const ScratchTile means(exec, in_blocks(fine.window, layout.levels), bands);
  for_each(exec, bands, in_blocks(windows[0], layout.levels), BlockMeans{fine, means.view(), layout.levels},
           "block_means");
  auto current = std::make_unique<ScratchTile>(exec, windows[0], bands);
  for_each(exec, bands, windows[0], FillInvalid{fine, means.view(), current->view(), layout.levels}, "fill_invalid");
  for (int l = 1; l <= layout.levels; ++l) {
    auto next = std::make_unique<ScratchTile>(exec, windows[std::size_t(l)], bands);
    analyze_level(exec, current->view(), next->view(), packed, filter, layout, l);
    current = std::move(next);
  }
  for_each(exec, bands, windows[std::size_t(layout.levels)],
           PackCoarsest{current->view(), means.view(), packed, layout}, "pack_coarsest");
}

Window synthesis_window(const Filter& filter, const SubbandLayout& layout, const Window& fine) {
  Window all;
  Window w = fine;
  for (int l = 1; l <= layout.levels && !w.empty(); ++l) {
    const auto [low, high] = synthesized(filter, w);
    all = unite(all, in_blocks(unite(low, high), layout.levels - l));
    w = low;
  }
  return translate(all, layout.margin, layout.margin);
}

std::size_t synthesis_scratch(const Filter& filter, const SubbandLayout& layout, const Window& fine) {
  // Both channels of the first level at about half the size each, approximations at a quarter.
  return 2 * Tile::bytes(grow(fine, 2 * filter.length), layout.source_bands);
}

void synthesize(Exec& exec, ConstTileView packed, ConstTileView like, TileView fine, const Filter& filter,
                const SubbandLayout& layout) {
  LevelWindows windows{};
  windows[0] = fine.window;
  for (std::size_t l = 1; l <= std::size_t(layout.levels); ++l) windows[l] = synthesized(filter, windows[l - 1]).low;
  std::unique_ptr<ScratchTile> current;
  ConstTileView approximations = coarsest(packed, layout);
  for (int l = layout.levels; l > 1; --l) {
    auto next = std::make_unique<ScratchTile>(exec, windows[std::size_t(l - 1)], fine.bands);
    synthesize_level(exec, approximations, packed, next->view(), filter, layout, l);
    current = std::move(next);
    approximations = current->view();
  }
  synthesize_level(exec, approximations, packed, fine, filter, layout, 1);
  for_each(exec, fine.bands, fine.window, MaskSynthesis{packed, like, fine, layout}, "mask_synthesis");
}

}  // namespace nadir
