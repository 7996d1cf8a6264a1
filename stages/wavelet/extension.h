// Windows of the filter banks, and where they find samples beyond the scene.
#pragma once

#include <algorithm>

#include "stages/wavelet/fill_kernels.h"

namespace nadir {

/// Positions [begin, end).
struct Span {
  int begin;
  int end;
};

inline Window scaled(const Window& w, int factor) {
  return {w.x * factor, w.y * factor, w.width * factor, w.height * factor};
}

/// The blocks of 2^shift pixels that the window touches.
inline Window in_blocks(const Window& w, int shift) {
  return from_edges(w.x >> shift, w.y >> shift, ((w.right() - 1) >> shift) + 1, ((w.bottom() - 1) >> shift) + 1);
}

/// Positions of the span and all those inside [0, n) that the border rule puts there.
inline Span with_sources(Border border, Span s, int n) {
  Span all = s;
  for (int i = s.begin; i < s.end; ++i) {
    const int from = border_source(border, i, n);
    if (from == kNoSource) continue;
    all = {std::min(all.begin, from), std::max(all.end, from + 1)};
  }
  return all;
}

/// The window of a scene of this size that `extended` is made from, a whole number of blocks, with as many more blocks
/// around it as holes are filled from.
inline Window filled_from(const FillRule& fill, const Window& extended) {
  const Span h = with_sources(fill.border, {extended.x, extended.right()}, fill.size.width);
  const Span v = with_sources(fill.border, {extended.y, extended.bottom()}, fill.size.height);
  const Window blocks = in_blocks(from_edges(h.begin, v.begin, h.end, v.end), fill.levels);
  return scaled(grow(blocks, fill.reach), 1 << fill.levels);
}

}  // namespace nadir
