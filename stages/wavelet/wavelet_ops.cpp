// Launches of the wavelet family; compiled as C++ or as CUDA.
#include "stages/wavelet/wavelet_ops.h"

#include <algorithm>
#include <memory>

#include "pipeline/backend/launch.h"
#include "stages/wavelet/analyze_cpu.h"
#include "stages/wavelet/fill_launch.h"
#include "stages/wavelet/synthesize_cpu.h"
#include "stages/wavelet/wavelet_kernels.h"

namespace nadir {
namespace {

// Samples that coefficients [begin, end) of a channel are computed from.
Span analyzed(const AnalysisChannel& c, int begin, int end) {
  return {2 * begin + c.first, 2 * (end - 1) + c.first + c.length};
}
Window analyzed(const AnalysisChannel& c, const Window& w) {
  const Span h = analyzed(c, w.x, w.right());
  const Span v = analyzed(c, w.y, w.bottom());
  return from_edges(h.begin, v.begin, h.end, v.end);
}

// Coefficients that samples [begin, end) are synthesized from.
Span synthesized(const SynthesisChannel& c, int begin, int end) {
  return {ceil_div(begin - c.first - c.length + 1, 2), floor_div(end - 1 - c.first, 2) + 1};
}
Window synthesized(const SynthesisChannel& c, const Window& w) {
  const Span h = synthesized(c, w.x, w.right());
  const Span v = synthesized(c, w.y, w.bottom());
  return from_edges(h.begin, v.begin, h.end, v.end);
}

// The approximations of the last level as bands of their own, without copying.
ConstTileView coarsest(ConstTileView packed, const SubbandLayout& layout) {
  ConstTileView view = packed;
  view.plane = packed.plane * layout.bands_per_source_band();
  view.bands = layout.source_bands;
  view.window = translate(packed.window, -layout.margin, -layout.margin);
  return view;
}

void analyze_level(Exec& exec, ConstTileView in, TileView approximations, const Window& details, TileView packed,
                   const Bank& bank, int level) {
  const Filter& filter = bank.filter;
  const Window& next = approximations.window;
  const int bands = in.bands;
  const ScratchTile low(exec, {next.x, in.window.y, next.width, in.window.height}, bands);
  const ScratchTile high(exec, {details.x, in.window.y, details.width, in.window.height}, bands);
  for_each(exec, bands, low.view().window, AnalyzeX{in, low.view(), filter.low}, "analyze_x_low");
  for_each(exec, bands, high.view().window, AnalyzeX{in, high.view(), filter.high}, "analyze_x_high");
  for_each(exec, bands, next, AnalyzeYToTile{{low.view(), filter.low}, approximations}, "analyze_ll");
  const auto detail = [&](const ScratchTile& from, const AnalysisChannel& channel, Orientation o, const char* name) {
    for_each(exec, bands, details, AnalyzeYToBands{{from.view(), channel}, packed, bank.layout, level, o}, name);
  };
  detail(low, filter.high, Orientation::lh, "analyze_lh");
  detail(high, filter.low, Orientation::hl, "analyze_hl");
  detail(high, filter.high, Orientation::hh, "analyze_hh");
}

void synthesize_level(Exec& exec, ConstTileView approximations, ConstTileView packed, TileView out, const Bank& bank,
                      int level) {
  if (!exec.on_device()) {
    synthesize_level_cpu(exec, approximations, packed, out, bank, level);
    return;
  }
  const SynthesisChannel& back_low = bank.filter.back_low;
  const SynthesisChannel& back_high = bank.filter.back_high;
  const Window low_window = synthesized(back_low, out.window);
  const Window high_window = synthesized(back_high, out.window);
  const int bands = out.bands;
  const ScratchTile low(exec, {low_window.x, out.window.y, low_window.width, out.window.height}, bands);
  const ScratchTile high(exec, {high_window.x, out.window.y, high_window.width, out.window.height}, bands);
  const auto detail = [&](Orientation o) { return DetailSource{packed, bank.layout, level, o}; };
  for_each(exec, bands, low.view().window,
           SynthesizeY<ApproximationSource>{{approximations}, detail(Orientation::lh), low.view(), back_low, back_high},
           "synthesize_y_low");
  for_each(
      exec, bands, high.view().window,
      SynthesizeY<DetailSource>{detail(Orientation::hl), detail(Orientation::hh), high.view(), back_low, back_high},
      "synthesize_y_high");
  for_each(exec, bands, out.window, SynthesizeX{low.view(), high.view(), out, back_low, back_high}, "synthesize_x");
}

}  // namespace

int margin_of(const Filter& filter, int levels) {
  int margin = 0;
  int left = 0;   // the first approximation that is needed, in pixels of its level
  int right = 0;  // how many are needed beyond the last block
  for (int l = 1; l <= levels; ++l) {
    const auto reach = [&](const SynthesisChannel& c) {
      const Span s = synthesized(c, left, right);  // as if the scene ended at 0, an even number of samples
      const int side = 1 << (levels - l);
      margin = std::max({margin, ceil_div(-s.begin, side), ceil_div(s.end, side)});
      return s;
    };
    reach(filter.back_high);
    const Span low = reach(filter.back_low);
    left = low.begin;
    right = low.end;
  }
  return margin;
}

LevelWindows analysis_windows(const Bank& bank, const Window& packed) {
  const int levels = bank.layout.levels;
  const Window blocks = translate(packed, -bank.layout.margin, -bank.layout.margin);
  LevelWindows w{};
  w.level[levels] = blocks;
  for (int l = levels; l > 0; --l) {
    w.details[l] = scaled(blocks, 1 << (levels - l));
    w.level[l - 1] = unite(unite(analyzed(bank.filter.low, w.level[l]), analyzed(bank.filter.high, w.details[l])),
                           scaled(w.details[l], 2));
  }
  return w;
}

FillRule fill_rule(const Bank& bank) {
  const SubbandLayout& layout = bank.layout;
  const Window blocks = in_blocks(analysis_windows(bank, {layout.margin, layout.margin, 1, 1}).level[0], layout.levels);
  const int reach = std::max({-blocks.x, -blocks.y, blocks.right() - 1, blocks.bottom() - 1});
  return {layout.source_size, bank.border, layout.levels, reach};
}

Window analysis_window(const Bank& bank, const Window& packed) {
  if (packed.empty()) return {};
  return filled_from(fill_rule(bank), analysis_windows(bank, packed).level[0]);
}

std::size_t analysis_scratch(const Bank& bank, const Window& packed) {
  // The filled image, both channels of the first level at half its size, approximations at a quarter, and block means.
  return 3 * Tile::bytes(analysis_window(bank, packed), bank.layout.source_bands);
}

void analyze(Exec& exec, ConstTileView fine, TileView packed, const Bank& bank) {
  if (!exec.on_device()) {
    analyze_cpu(exec, fine, packed, bank);
    return;
  }
  const SubbandLayout& layout = bank.layout;
  const int levels = layout.levels;
  const int bands = layout.source_bands;
  const LevelWindows windows = analysis_windows(bank, packed.window);
  const ScratchTile means(exec, in_blocks(fine.window, levels), bands);
  auto current = std::make_unique<ScratchTile>(exec, windows.level[0], bands);
  fill_scene(exec, fine, means.view(), current->view(), fill_rule(bank));
  for (int l = 1; l <= levels; ++l) {
    auto next = std::make_unique<ScratchTile>(exec, windows.level[l], bands);
    analyze_level(exec, current->view(), next->view(), windows.details[l], packed, bank, l);
    current = std::move(next);
  }
  for_each(exec, bands, windows.level[levels], PackCoarsest{current->view(), means.view(), packed, layout},
           "pack_coarsest");
}

Window packed_window(const SubbandLayout& layout, int level, const Window& out) {
  return translate(in_blocks(out, layout.levels - level), layout.margin, layout.margin);
}

void take_subband(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int level,
                  std::optional<Orientation> details) {
  const Orientation orientation = details.value_or(Orientation::lh);
  for_each(exec, layout.source_bands, out.window,
           TakeSubband{packed, out, layout, details.has_value(), level, orientation}, "take_subband");
}

Window synthesis_window(const Bank& bank, const Window& fine) {
  Window all;
  Window w = fine;
  const SubbandLayout& layout = bank.layout;
  for (int l = 1; l <= layout.levels && !w.empty(); ++l) {
    const Window low = synthesized(bank.filter.back_low, w);
    all = unite(all, in_blocks(unite(low, synthesized(bank.filter.back_high, w)), layout.levels - l));
    w = low;
  }
  return translate(all, layout.margin, layout.margin);
}

Window approximation_window(const Bank& bank, const Window& fine) {
  Window w = fine;
  for (int l = 1; l <= bank.layout.levels; ++l) w = synthesized(bank.filter.back_low, w);
  return w;
}

std::size_t synthesis_scratch(const Bank& bank, const Window& fine) {
  // Both channels of the first level at about half the size each, approximations at a quarter.
  return 2 * Tile::bytes(grow(fine, 2 * bank.filter.back_low.length), bank.layout.source_bands);
}

void synthesize(Exec& exec, const Subbands& subbands, TileView fine, const Bank& bank) {
  const ConstTileView packed = subbands.packed;
  const SubbandLayout& layout = bank.layout;
  Window windows[kMaxLevels + 1]{fine.window};
  for (int l = 1; l <= layout.levels; ++l) windows[l] = synthesized(bank.filter.back_low, windows[l - 1]);
  std::unique_ptr<ScratchTile> current;
  ConstTileView approximations = coarsest(packed, layout);
  if (!subbands.approximations.window.empty()) {
    current = std::make_unique<ScratchTile>(exec, windows[layout.levels], fine.bands);
    const ReplaceApproximations replace{approximations, subbands.approximations, current->view()};
    for_each(exec, fine.bands, current->view().window, replace, "replace_approximations");
    approximations = current->view();
  }
  for (int l = layout.levels; l > 1; --l) {
    auto next = std::make_unique<ScratchTile>(exec, windows[l - 1], fine.bands);
    synthesize_level(exec, approximations, packed, next->view(), bank, l);
    current = std::move(next);
    approximations = current->view();
  }
  synthesize_level(exec, approximations, packed, fine, bank, 1);
  if (exec.on_device())
    for_each(exec, fine.bands, fine.window, MaskSynthesis{packed, subbands.like, fine, layout}, "mask_synthesis");
  else
    mask_synthesis_cpu(exec, packed, subbands.like, fine, layout);
}

}  // namespace nadir
