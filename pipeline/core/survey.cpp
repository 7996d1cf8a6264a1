// Burning survey features into pixels.
#include "pipeline/core/survey.h"

#include <algorithm>
#include <cmath>

#include "pipeline/core/survey_windows.h"

namespace nadir {
namespace {

using Ring = std::vector<Point>;  // in fractional pixels

Ring to_pixels(const Grid& grid, const Ring& map) {
  Ring ring;
  ring.reserve(map.size());
  for (const Point& p : map) ring.push_back(grid.to_pixel(p.x, p.y));
  return ring;
}

// Even-odd scan conversion at pixel centres; an edge is counted for centres in [top, bottom), so shared borders belong
// to exactly one neighbour.
void burn_polygon(const std::vector<Ring>& rings, const Window& w, std::int32_t mark, std::span<std::int32_t> index) {
  double low = INFINITY, high = -INFINITY;
  for (const Ring& ring : rings)
    for (const Point& p : ring) low = std::min(low, p.y), high = std::max(high, p.y);
  std::vector<double> crossings;
  for (int y = w.y; y < w.bottom(); ++y) {
    const double centre = y + 0.5;
    if (centre < low || centre > high) continue;
    crossings.clear();
    for (const Ring& ring : rings)
      for (std::size_t i = 0, n = ring.size(); i < n; ++i) {
        const Point& a = ring[i];
        const Point& b = ring[(i + 1) % n];
        if ((a.y <= centre) == (b.y <= centre)) continue;
        crossings.push_back(a.x + (centre - a.y) * (b.x - a.x) / (b.y - a.y));
      }
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const double left = std::clamp(std::ceil(crossings[i] - 0.5), double(w.x), double(w.right()));
      const double right = std::clamp(std::ceil(crossings[i + 1] - 0.5), double(w.x), double(w.right()));
      const std::ptrdiff_t row = std::ptrdiff_t(y - w.y) * w.width - w.x;
      std::fill(index.begin() + row + int(left), index.begin() + row + int(right), mark);
    }
  }
}

void burn_point(const Point& p, const Window& w, std::int32_t mark, std::span<std::int32_t> index) {
  const double x = std::floor(p.x);
  const double y = std::floor(p.y);
  if (x < w.x || x >= w.right() || y < w.y || y >= w.bottom()) return;
  index[std::size_t(y - w.y) * std::size_t(w.width) + std::size_t(x - w.x)] = mark;
}

// Marks every pixel that a densely sampled line passes through.
void burn_line(const Ring& line, const Window& w, std::int32_t mark, std::span<std::int32_t> index) {
  const double step_px = 0.25;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Point& a = line[i];
    const Point& b = line[i + 1];
    const int steps = 1 + int(std::min(1e7, std::hypot(b.x - a.x, b.y - a.y) / step_px));
    for (int k = 0; k <= steps; ++k) {
      const double t = double(k) / steps;
      burn_point({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}, w, mark, index);
    }
  }
}

}  // namespace

const ClassInfo* Survey::find_class(std::uint16_t id) const {
  for (const ClassInfo& c : classes)
    if (c.id == id) return &c;
  return nullptr;
}

Extent Survey::extent() const {
  Extent e{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const Feature& f : features)
    for (const auto& part : f.parts)
      for (const Point& p : part)
        e = {std::min(e.min_x, p.x), std::min(e.min_y, p.y), std::max(e.max_x, p.x), std::max(e.max_y, p.y)};
  return e;
}

Window pixel_window(const Feature& feature, const Grid& grid) {
  Extent e{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const auto& part : feature.parts)
    for (const Point& map : part) {
      const Point p = grid.to_pixel(map.x, map.y);
      e = {std::min(e.min_x, p.x), std::min(e.min_y, p.y), std::max(e.max_x, p.x), std::max(e.max_y, p.y)};
    }
  if (!(e.min_x < grid.width && e.min_y < grid.height && e.max_x >= 0 && e.max_y >= 0)) return {};
  const auto clip = [](double v, int n) { return int(std::clamp(v, 0.0, double(n))); };
  return from_edges(clip(std::floor(e.min_x), grid.width), clip(std::floor(e.min_y), grid.height),
                    clip(std::floor(e.max_x) + 1, grid.width), clip(std::floor(e.max_y) + 1, grid.height));
}

void burn(const Feature& feature, const Grid& grid, const Window& window, std::int32_t mark,
          std::span<std::int32_t> index) {
  std::vector<Ring> rings;
  for (const auto& part : feature.parts) rings.push_back(to_pixels(grid, part));
  if (feature.shape == Shape::polygon) burn_polygon(rings, window, mark, index);
  for (const Ring& r : rings) {
    if (feature.shape == Shape::line) burn_line(r, window, mark, index);
    if (feature.shape == Shape::point)
      for (const Point& p : r) burn_point(p, window, mark, index);
  }
}

void rasterize(const Survey& survey, const Grid& grid, const Window& window, Split split,
               std::span<std::int32_t> index) {
  SurveyWindows(survey, grid).rasterize(window, split, index);
}

std::array<std::uint8_t, 3> class_colour(std::size_t index) {
  // Twelve colours after Paul Tol's "muted" and "light" schemes.
  constexpr std::array<std::array<std::uint8_t, 3>, 12> colours{{{17, 119, 51},
                                                                 {221, 204, 119},
                                                                 {204, 102, 119},
                                                                 {51, 34, 136},
                                                                 {136, 204, 238},
                                                                 {153, 153, 51},
                                                                 {170, 68, 153},
                                                                 {68, 170, 153},
                                                                 {136, 34, 85},
                                                                 {238, 136, 102},
                                                                 {187, 204, 51},
                                                                 {119, 119, 119}}};
  return colours[index % colours.size()];
}

}  // namespace nadir
