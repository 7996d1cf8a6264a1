// The mirror rule for windows.
#include "pipeline/core/window.h"

namespace nadir {
namespace {

struct Span {
  int first;
  int last;
};

Span mirror_span(int first, int last, int n) {
  if (last - first + 1 >= 2 * n) return {0, n - 1};
  Span s{n - 1, 0};
  for (int i = first; i <= last; ++i) {
    const int k = mirror(i, n);
    s.first = std::min(s.first, k);
    s.last = std::max(s.last, k);
  }
  return s;
}

}  // namespace

Window mirror_source(const Window& w, Size size) {
  if (w.empty() || size.width <= 0 || size.height <= 0) return {};
  if (whole(size).contains(w)) return w;
  const Span h = mirror_span(w.x, w.right() - 1, size.width);
  const Span v = mirror_span(w.y, w.bottom() - 1, size.height);
  return from_edges(h.first, v.first, h.last + 1, v.last + 1);
}

}  // namespace nadir
