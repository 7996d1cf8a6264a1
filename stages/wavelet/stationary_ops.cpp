// Launches of the stationary transform; compiled as C++ or as CUDA.
#include "stages/wavelet/stationary_ops.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "pipeline/backend/launch.h"
#include "pipeline/backend/rows.h"
#include "stages/wavelet/fill_launch.h"
#include "stages/wavelet/filled_rows.h"
#include "stages/wavelet/stationary_kernels.h"

namespace nadir {
namespace {

template <class T>
Window analyzed(const Channel<T>& c, int step, const Window& w) {
  const int before = step * c.first;
  const int after = step * (c.first + c.length - 1);
  return from_edges(w.x + before, w.y + before, w.right() + after, w.bottom() + after);
}

template <class T>
Window synthesized(const Channel<T>& c, int step, const Window& w) {
  const int before = -step * (c.first + c.length - 1);
  const int after = -step * c.first;
  return from_edges(w.x + before, w.y + before, w.right() + after, w.bottom() + after);
}

Window scene_pixels(const StationaryBank& bank, const Window& packed) {
  return translate(packed, -bank.layout.margin, -bank.layout.margin);
}

// Approximations of level l that coefficients of the window are made from; `level[0]` is the extended scene.
LevelWindows approximation_windows(const StationaryBank& bank, const Window& pixels) {
  LevelWindows w{};
  w.level[bank.layout.levels] = pixels;
  for (int l = bank.layout.levels; l > 0; --l) {
    const int step = 1 << (l - 1);
    w.level[l - 1] = unite(analyzed(bank.filter.low, step, w.level[l]), analyzed(bank.filter.high, step, pixels));
    w.level[l - 1] = unite(w.level[l - 1], w.level[l]);
  }
  return w;
}

// A valid pixel may stand anywhere in its block.
FillRule fill_rule(const StationaryBank& bank) {
  const int levels = bank.layout.levels;
  const Window blocks = in_blocks(approximation_windows(bank, {0, 0, 1 << levels, 1 << levels}).level[0], levels);
  const int reach = std::max({-blocks.x, -blocks.y, blocks.right() - 1, blocks.bottom() - 1});
  return {bank.layout.source_size, bank.border, levels, reach};
}

void fill(Exec& exec, ConstTileView fine, TileView filled, const FillRule& rule) {
  if (exec.on_device()) {
    const ScratchTile means(exec, in_blocks(fine.window, rule.levels), filled.bands);
    fill_scene(exec, fine, means.view(), filled, rule);
    return;
  }
  const Window& w = filled.window;
  const int rows = 64;
  const int strips = ceil_div(w.height, rows);
  const bool valid = all_valid(fine, intersect(w, fine.window)) && fine.window.contains(w);
  exec.parallel(filled.bands * strips, [&](int task) {
    const int b = task / strips;
    const int top = w.y + task % strips * rows;
    FilledRows source(fine, b, w, valid, rule);
    for (int y = top; y < std::min(top + rows, w.bottom()); ++y)
      std::copy_n(source.row(y), w.width, filled.band(b).row(y));
  });
}

// Runs f on whole rows instead of pixels: `pointers(b, y, j)` is the row that tap j weighs.
template <class Pointers>
void sum_rows(const Exec& exec, int bands, const Window& w, const AnalysisChannel& channel, const Pointers& pointers,
              const auto& target) {
  const int rows = 16;
  const int strips = ceil_div(w.height, rows);
  exec.parallel(bands * strips, [&](int task) {
    const int b = task / strips;
    const int top = w.y + task % strips * rows;
    const float* taps[kMaxFilterLength];
    for (int y = top; y < std::min(top + rows, w.bottom()); ++y) {
      for (int j = 0; j < channel.length; ++j) taps[j] = pointers(b, y, j);
      balanced_sum(target(b, y), taps, channel.taps, channel.length, w.width);
    }
  });
}

void along_x(Exec& exec, const StationaryX& f, const char* name) {
  if (exec.on_device()) {
    for_each(exec, f.in.bands, f.out.window, f, name);
    return;
  }
  const Window& w = f.out.window;
  sum_rows(
      exec, f.in.bands, w, f.channel,
      [&](int b, int y, int j) { return &f.in(b, w.x + f.step * (f.channel.first + j), y); },
      [&](int b, int y) { return &f.out(b, w.x, y); });
}

void along_y(Exec& exec, const Window& w, const StationaryY& f, const char* name) {
  if (exec.on_device()) {
    for_each(exec, f.in.bands, w, f, name);
    return;
  }
  sum_rows(
      exec, f.in.bands, w, f.channel,
      [&](int b, int y, int j) { return &f.in(b, w.x, y + f.step * (f.channel.first + j)); },
      [&](int b, int y) { return &f.out(f.first + f.stride * b, w.x + f.shift, y + f.shift); });
}

// Windows of the way back: approximations of each level, `level[0]` being the scene.
LevelWindows synthesis_windows(const StationaryBank& bank, const Window& fine) {
  LevelWindows w{};
  w.level[0] = fine;
  for (int l = 1; l <= bank.layout.levels; ++l)
    w.level[l] = synthesized(bank.filter.back_low, 1 << (l - 1), w.level[l - 1]);
  return w;
}

StationarySource subband(ConstTileView packed, const StationaryLayout& layout, int band_of_first) {
  return {packed, band_of_first, layout.bands_per_source_band(), layout.margin};
}

void synthesize_level(Exec& exec, const auto& approximations, ConstTileView packed, TileView out,
                      const StationaryBank& bank, int level) {
  const SynthesisChannel& back_low = bank.filter.back_low;
  const SynthesisChannel& back_high = bank.filter.back_high;
  const int step = 1 << (level - 1);
  const auto columns = [&](const SynthesisChannel& c) {
    const Window w = synthesized(c, step, out.window);
    return Window{w.x, out.window.y, w.width, out.window.height};
  };
  const auto detail = [&](Orientation o) { return subband(packed, bank.layout, bank.layout.band(0, level, o)); };
  const ScratchTile low(exec, columns(back_low), out.bands), high(exec, columns(back_high), out.bands);
  using Low = std::decay_t<decltype(approximations)>;
  for_each(exec, out.bands, low.view().window,
           StationaryBackY<Low>{approximations, detail(Orientation::lh), low.view(), back_low, back_high, step},
           "stationary_back_y_low");
  for_each(exec, out.bands, high.view().window,
           StationaryBackY<StationarySource>{detail(Orientation::hl), detail(Orientation::hh), high.view(), back_low,
                                             back_high, step},
           "stationary_back_y_high");
  for_each(exec, out.bands, out.window, StationaryBackX{low.view(), high.view(), out, back_low, back_high, step},
           "stationary_back_x");
}

}  // namespace

int stationary_margin(const Filter& filter, int levels) {
  int margin = 0;
  Window w{0, 0, 1, 1};
  for (int l = 1; l <= levels; ++l) {
    const int step = 1 << (l - 1);
    const Window all = unite(synthesized(filter.back_low, step, w), synthesized(filter.back_high, step, w));
    margin = std::max({margin, -all.x, all.right() - 1});
    w = synthesized(filter.back_low, step, w);
  }
  return margin;
}

Window stationary_analysis_window(const StationaryBank& bank, const Window& packed) {
  if (packed.empty()) return {};
  return filled_from(fill_rule(bank), approximation_windows(bank, scene_pixels(bank, packed)).level[0]);
}

std::size_t stationary_analysis_scratch(const StationaryBank& bank, const Window& packed) {
  // Approximations of two levels, and both channels along x.
  return 4 * Tile::bytes(stationary_analysis_window(bank, packed), bank.layout.source_bands);
}

void stationary_analyze(Exec& exec, ConstTileView fine, TileView packed, const StationaryBank& bank) {
  const StationaryLayout& layout = bank.layout;
  const Filter& filter = bank.filter;
  const int bands = layout.source_bands;
  const int stride = layout.bands_per_source_band();
  const Window pixels = scene_pixels(bank, packed.window);
  const LevelWindows windows = approximation_windows(bank, pixels);
  auto current = std::make_unique<ScratchTile>(exec, windows.level[0], bands);
  fill(exec, fine, current->view(), fill_rule(bank));
  for (int l = 1; l <= layout.levels; ++l) {
    const int step = 1 << (l - 1);
    const Window& in = windows.level[l - 1];
    const Window& next = windows.level[l];
    const ScratchTile low(exec, {next.x, in.y, next.width, in.height}, bands);
    const ScratchTile high(exec, {pixels.x, in.y, pixels.width, in.height}, bands);
    along_x(exec, {current->view(), low.view(), filter.low, step}, "stationary_x_low");
    along_x(exec, {current->view(), high.view(), filter.high, step}, "stationary_x_high");
    const auto detail = [&](const ScratchTile& from, const AnalysisChannel& channel, Orientation o) {
      along_y(exec, pixels, {from.view(), packed, channel, step, layout.band(0, l, o), stride, layout.margin},
              "stationary_details");
    };
    detail(low, filter.high, Orientation::lh);
    detail(high, filter.low, Orientation::hl);
    detail(high, filter.high, Orientation::hh);
    if (l == layout.levels) {
      along_y(exec, pixels, {low.view(), packed, filter.low, step, layout.ll(0), stride, layout.margin},
              "stationary_ll");
      break;
    }
    auto coarser = std::make_unique<ScratchTile>(exec, next, bands);
    along_y(exec, next, {low.view(), coarser->view(), filter.low, step}, "stationary_approximation");
    current = std::move(coarser);
  }
  for_each(exec, 1, packed.window, StationaryMask{fine, packed, layout.margin}, "stationary_mask");
}

Window stationary_synthesis_window(const StationaryBank& bank, const Window& fine) {
  const LevelWindows windows = synthesis_windows(bank, fine);
  Window all = windows.level[bank.layout.levels];
  for (int l = 1; l <= bank.layout.levels; ++l) {
    const Window details = unite(synthesized(bank.filter.back_low, 1 << (l - 1), windows.level[l - 1]),
                                 synthesized(bank.filter.back_high, 1 << (l - 1), windows.level[l - 1]));
    all = unite(all, details);
  }
  return translate(all, bank.layout.margin, bank.layout.margin);
}

std::size_t stationary_synthesis_scratch(const StationaryBank& bank, const Window& fine) {
  return 4 * Tile::bytes(stationary_synthesis_window(bank, fine), bank.layout.source_bands);
}

void stationary_synthesize(Exec& exec, ConstTileView packed, ConstTileView like, TileView fine,
                           const StationaryBank& bank) {
  const StationaryLayout& layout = bank.layout;
  const LevelWindows windows = synthesis_windows(bank, fine.window);
  const StationarySource coarsest = subband(packed, layout, layout.ll(0));
  std::unique_ptr<ScratchTile> current;
  for (int l = layout.levels; l > 0; --l) {
    std::unique_ptr<ScratchTile> next;
    if (l > 1) next = std::make_unique<ScratchTile>(exec, windows.level[l - 1], fine.bands);
    const TileView out = next ? next->view() : fine;
    if (current)
      synthesize_level(exec, ApproximationSource{current->view()}, packed, out, bank, l);
    else
      synthesize_level(exec, coarsest, packed, out, bank, l);
    current = std::move(next);
  }
  for_each(exec, fine.bands, fine.window, StationaryBackMask{packed, like, fine, layout.margin},
           "stationary_back_mask");
}

void stationary_subband(Exec& exec, ConstTileView packed, TileView out, const StationaryLayout& layout,
                        int first_band) {
  const TakeStationarySubband take{packed, out, first_band, layout.bands_per_source_band(), layout.margin};
  for_each(exec, layout.source_bands, out.window, take, "stationary_subband");
}

}  // namespace nadir
