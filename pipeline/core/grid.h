// A georeferenced pixel grid: size, affine geotransform and coordinate reference system. A pixel is an area.
#pragma once

#include <array>
#include <string>

#include "pipeline/core/window.h"

namespace nadir {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// Axis-aligned box in map units.
struct Extent {
  double min_x = 0, min_y = 0, max_x = 0, max_y = 0;
  bool intersects(const Extent& o) const {
    return min_x < o.max_x && o.min_x < max_x && min_y < o.max_y && o.min_y < max_y;
  }
};

struct Grid {
  int width = 0;
  int height = 0;
  /// x = g[0] + col g[1] + row g[2], y = g[3] + col g[4] + row g[5]; (0, 0) is the upper-left corner of the first
  /// pixel.
  std::array<double, 6> geotransform{0, 1, 0, 0, 0, 1};
  std::string crs_wkt;  ///< WKT of the reference system, traditional GIS axis order; empty when unknown

  Size size() const { return {width, height}; }
  Window window() const { return {0, 0, width, height}; }
  Point to_map(double col, double row) const;
  Point to_pixel(double x, double y) const;  ///< fractional (col, row); throws Error for a degenerate geotransform
  Extent extent() const;
  double gsd_x() const;  ///< ground length of one pixel step along a row, map units
  double gsd_y() const;

  /// The grid with the same upper-left corner whose pixels are num/den times as many per axis, with the given size.
  Grid scaled(int num, int den, Size size) const;
  /// The part of this grid inside a window, which may reach outside.
  Grid cropped(const Window& w) const;
  /// This grid moved by a fraction of its own pixels.
  Grid shifted(double cols, double rows) const;

  friend bool operator==(const Grid&, const Grid&) = default;
};

/// True when the pixels of both coincide up to a whole number of pixels (1e-3 px tolerance); then pixel (0, 0) of b is
/// pixel (*col, *row) of a.
bool same_lattice(const Grid& a, const Grid& b, int* col, int* row);

}  // namespace nadir
