// Areas of polygons within pixels.
#include "pipeline/core/coverage.h"

#include <algorithm>
#include <cmath>

namespace nadir {
namespace {

using Ring = std::vector<Point>;  // in fractional pixels

// The part of a ring with low <= coordinate <= high. Where it comes apart the pieces stay joined by edges of no area,
// so that the area is right for any ring (Sutherland, Hodgman, CACM 17, 1974).
Ring clipped(const Ring& ring, double Point::*coordinate, double low, double high) {
  Ring kept = ring, next;
  for (const double side : {1.0, -1.0}) {
    const double limit = side > 0 ? low : high;
    next.clear();
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const Point &a = kept[i], &b = kept[(i + 1) % kept.size()];
      const double from = side * (a.*coordinate - limit), to = side * (b.*coordinate - limit);
      if (from >= 0) next.push_back(a);
      if ((from < 0) == (to < 0) || from == 0 || to == 0) continue;
      const double t = from / (from - to);
      Point cut{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
      cut.*coordinate = limit;
      next.push_back(cut);
    }
    std::swap(kept, next);
  }
  return kept;
}

// Positive or negative by the direction of the ring; relative to its first point, for large coordinates.
double signed_area(const Ring& ring) {
  double twice = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i)
    twice +=
        (ring[i].x - ring[0].x) * (ring[i + 1].y - ring[0].y) - (ring[i + 1].x - ring[0].x) * (ring[i].y - ring[0].y);
  return twice / 2;
}

void add_areas(const Ring& ring, const Window& w, std::vector<double>& area) {
  for (int y = w.y; y < w.bottom(); ++y) {
    const Ring strip = clipped(ring, &Point::y, y, y + 1);
    if (strip.size() < 3) continue;
    const auto [left, right] =
        std::minmax_element(strip.begin(), strip.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
    const int first = int(std::clamp(std::floor(left->x), double(w.x), double(w.right())));
    const int last = int(std::clamp(std::ceil(right->x), double(w.x), double(w.right())));
    for (int x = first; x < last; ++x)
      area[std::size_t(y - w.y) * std::size_t(w.width) + std::size_t(x - w.x)] +=
          signed_area(clipped(strip, &Point::x, x, x + 1));
  }
}

}  // namespace

std::vector<float> coverage(const Feature& feature, const Grid& grid, const Window& window) {
  std::vector<float> share(std::size_t(window.area()));
  if (feature.shape != Shape::polygon) {
    std::vector<std::int32_t> index(share.size());
    burn(feature, grid, window, 1, index);
    std::copy(index.begin(), index.end(), share.begin());
    return share;
  }
  std::vector<double> area(share.size());
  for (const auto& part : feature.parts) {
    Ring ring;
    for (const Point& p : part) ring.push_back(grid.to_pixel(p.x, p.y));
    add_areas(ring, window, area);
  }
  for (std::size_t i = 0; i < area.size(); ++i) share[i] = float(std::min(1.0, std::abs(area[i])));
  return share;
}

}  // namespace nadir
