// Integer pixel rectangles, half open, and the mirror rule for pixels outside an image.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pipeline/core/host_device.h"

namespace nadir {

struct Size {
  int width = 0;
  int height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// A rectangle of pixels [x, x + width) x [y, y + height) in the pixel coordinates of one grid.
struct Window {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  HD constexpr int right() const { return x + width; }
  HD constexpr int bottom() const { return y + height; }
  HD constexpr bool empty() const { return width <= 0 || height <= 0; }
  constexpr std::int64_t area() const { return empty() ? 0 : std::int64_t{width} * height; }
  HD constexpr bool contains(int px, int py) const { return px >= x && px < right() && py >= y && py < bottom(); }
  constexpr bool contains(const Window& o) const {
    return o.empty() || (o.x >= x && o.y >= y && o.right() <= right() && o.bottom() <= bottom());
  }
  friend bool operator==(const Window&, const Window&) = default;
};

/// An order for sorting: by rows, then columns.
constexpr bool is_before(const Window& a, const Window& b) {
  if (a.y != b.y) return a.y < b.y;
  if (a.x != b.x) return a.x < b.x;
  return a.height != b.height ? a.height < b.height : a.width < b.width;
}

constexpr Window from_edges(int left, int top, int right, int bottom) {
  return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

constexpr Window whole(Size s) { return {0, 0, s.width, s.height}; }

constexpr Window intersect(const Window& a, const Window& b) {
  return from_edges(std::max(a.x, b.x), std::max(a.y, b.y), std::min(a.right(), b.right()),
                    std::min(a.bottom(), b.bottom()));
}

/// The smallest window that holds both; an empty window adds nothing.
constexpr Window unite(const Window& a, const Window& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return from_edges(std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.right(), b.right()),
                    std::max(a.bottom(), b.bottom()));
}

/// The window with `margin` pixels more on every side.
constexpr Window grow(const Window& w, int margin) {
  return w.empty() ? w : Window{w.x - margin, w.y - margin, w.width + 2 * margin, w.height + 2 * margin};
}

constexpr Window translate(const Window& w, int dx, int dy) { return {w.x + dx, w.y + dy, w.width, w.height}; }

HD constexpr int floor_div(int a, int b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
HD constexpr int ceil_div(int a, int b) { return -floor_div(-a, b); }

/// Index of the sample that position i of a signal of n samples repeats: the half-sample mirror (… 1 0 | 0 1 2 …),
/// continued with period 2n, so any distance outside is defined.
HD constexpr int mirror(int i, int n) {
  const int period = 2 * n;
  int k = i % period;
  if (k < 0) k += period;
  return k < n ? k : period - 1 - k;
}

/// The part of the image [0, size) that must be known so that every pixel of `w`, mirrored at the edges, is known.
Window mirror_source(const Window& w, Size size);

}  // namespace nadir
