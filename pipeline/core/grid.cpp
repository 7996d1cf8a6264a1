// Arithmetic of georeferenced grids.
#include "pipeline/core/grid.h"

#include <algorithm>
#include <cmath>

#include "pipeline/core/error.h"

namespace nadir {

Point Grid::to_map(double col, double row) const {
  const auto& g = geotransform;
  return {g[0] + col * g[1] + row * g[2], g[3] + col * g[4] + row * g[5]};
}

Point Grid::to_pixel(double x, double y) const {
  const auto& g = geotransform;
  const double det = g[1] * g[5] - g[2] * g[4];
  if (det == 0 || !std::isfinite(det)) throw Error(Fault::data, "the geotransform cannot be inverted");
  const double dx = x - g[0];
  const double dy = y - g[3];
  return {(dx * g[5] - dy * g[2]) / det, (dy * g[1] - dx * g[4]) / det};
}

Extent Grid::extent() const {
  Extent e{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const double col : {0.0, double(width)})
    for (const double row : {0.0, double(height)}) {
      const Point p = to_map(col, row);
      e = {std::min(e.min_x, p.x), std::min(e.min_y, p.y), std::max(e.max_x, p.x), std::max(e.max_y, p.y)};
    }
  return e;
}

double Grid::gsd_x() const { return std::hypot(geotransform[1], geotransform[4]); }
double Grid::gsd_y() const { return std::hypot(geotransform[2], geotransform[5]); }

Grid Grid::scaled(int num, int den, Size size) const {
  Grid g = *this;
  g.width = size.width;
  g.height = size.height;
  const double ratio = double(den) / num;
  for (const int i : {1, 2, 4, 5}) g.geotransform[std::size_t(i)] *= ratio;
  return g;
}

Grid Grid::cropped(const Window& w) const {
  Grid g = shifted(w.x, w.y);
  g.width = w.width;
  g.height = w.height;
  return g;
}

Grid Grid::shifted(double cols, double rows) const {
  Grid g = *this;
  const Point p = to_map(cols, rows);
  g.geotransform[0] = p.x;
  g.geotransform[3] = p.y;
  return g;
}

bool same_lattice(const Grid& a, const Grid& b, int* col, int* row) {
  const double tolerance_px = 1e-3;
  const Point origin = a.to_pixel(b.geotransform[0], b.geotransform[3]);
  const Point far = a.to_pixel(b.to_map(b.width, b.height).x, b.to_map(b.width, b.height).y);
  *col = int(std::lround(origin.x));
  *row = int(std::lround(origin.y));
  return std::abs(origin.x - *col) < tolerance_px && std::abs(origin.y - *row) < tolerance_px &&
         std::abs(far.x - *col - b.width) < tolerance_px && std::abs(far.y - *row - b.height) < tolerance_px;
}

}  // namespace nadir
