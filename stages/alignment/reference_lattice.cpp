// Reading a reference in the pixels of an image.
#include "stages/alignment/reference_lattice.h"

#include <cmath>

#include "pipeline/core/grid_check.h"

namespace nadir {
namespace {

constexpr double kMostDrift = 0.02;  // px by which the far corner may be off when pixels count as equal

// From pixels of the image to pixels of the reference.
std::array<double, 6> matrix_between(const Grid& image, const Grid& reference) {
  const auto place = [&](double col, double row) {
    const Point map = image.to_map(col, row);
    return reference.to_pixel(map.x, map.y);
  };
  const Point o = place(0, 0), x = place(1, 0), y = place(0, 1);
  return {o.x, x.x - o.x, y.x - o.x, o.y, x.y - o.y, y.y - o.y};
}

// The image pixels whose centres lie on the reference; by the corners of the reference.
Window covered(const Grid& image, const Grid& reference) {
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
  for (const double col : {0.0, double(reference.width)})
    for (const double row : {0.0, double(reference.height)}) {
      const Point map = reference.to_map(col, row);
      const Point p = image.to_pixel(map.x, map.y);
      left = std::min(left, p.x), right = std::max(right, p.x);
      top = std::min(top, p.y), bottom = std::max(bottom, p.y);
    }
  const double far = 1e9;  // beyond any image; keeps the conversion defined
  const auto whole_px = [far](double v) { return int(std::clamp(std::round(v), -far, far)); };
  return intersect(image.window(), from_edges(whole_px(left), whole_px(top), whole_px(right), whole_px(bottom)));
}

}  // namespace

ReferenceLattice::ReferenceLattice(const ImageInfo& image, const ImageInfo& reference) : size_(reference.grid.size()) {
  const Grid& g = reference.grid;
  require_same_crs(image.grid, g);
  overlap_ = covered(image.grid, g);
  const Point origin = image.grid.to_pixel(g.geotransform[0], g.geotransform[3]);
  const Point far_map = g.to_map(g.width, g.height);
  const Point far = image.grid.to_pixel(far_map.x, far_map.y);
  resampled_ =
      !(std::abs(far.x - origin.x - g.width) < kMostDrift && std::abs(far.y - origin.y - g.height) < kMostDrift);
  if (resampled_) {
    plan_ = plan_warp(matrix_between(image.grid, g), Resampling::cubic, size_);
    return;
  }
  offset_x_ = int(std::lround(origin.x));
  offset_y_ = int(std::lround(origin.y));
  fraction_ = {origin.x - offset_x_, origin.y - offset_y_};
}

Window ReferenceLattice::source(const Window& window) const {
  return resampled_ ? source_window(plan_, window) : translate(window, -offset_x_, -offset_y_);
}

Tile ReferenceLattice::read(const Window& window, ConstTileView reference, Exec& exec) const {
  Tile tile(window, reference.bands);
  if (reference.window.empty()) {
    tile.fill(0, false);
    return tile;
  }
  if (resampled_) {
    warp(exec, reference, tile.view(), plan_);
    return tile;
  }
  TileView out = tile.view();
  const Window inside = whole(size_);
  for (int y = window.y; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x) {
      const int sx = x - offset_x_, sy = y - offset_y_;
      const bool valid = inside.contains(sx, sy) && reference.is_valid(sx, sy);
      for (int b = 0; b < reference.bands; ++b) out(b, x, y) = valid ? reference(b, sx, sy) : 0;
      out.mask()(x, y) = valid;
    }
  return tile;
}

}  // namespace nadir
