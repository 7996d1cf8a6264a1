// Labelling of connected areas.
#include "stages/segmentation/components.h"

namespace nadir {
namespace {

std::int32_t root_of(std::vector<std::int32_t>& parents, std::int32_t a) {
  while (parents[std::size_t(a)] != a) {
    parents[std::size_t(a)] = parents[std::size_t(parents[std::size_t(a)])];
    a = parents[std::size_t(a)];
  }
  return a;
}

// The lower number stands for both.
std::int32_t unite_roots(std::vector<std::int32_t>& parents, std::int32_t a, std::int32_t b) {
  a = root_of(parents, a), b = root_of(parents, b);
  if (a > b) std::swap(a, b);
  parents[std::size_t(b)] = a;
  return a;
}

}  // namespace

Components::Components(ConstTileView labels, const Window& window)
    : window_(window), areas_(std::size_t(window.area()), -1) {
  std::vector<std::int32_t> parents;
  for (int y = window.y; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x) {
      if (!labels.is_valid(x, y)) continue;
      const float own = labels(0, x, y);
      const auto same = [&](int nx, int ny) {
        return window.contains(nx, ny) && labels.is_valid(nx, ny) && labels(0, nx, ny) == own;
      };
      std::int32_t& area = areas_[place(x, y)];
      if (same(x - 1, y)) area = areas_[place(x - 1, y)];
      if (same(x, y - 1)) {
        const std::int32_t above = areas_[place(x, y - 1)];
        area = area < 0 || area == above ? above : unite_roots(parents, area, above);
      }
      if (area >= 0) continue;
      area = std::int32_t(parents.size());
      parents.push_back(area);
    }
  std::vector<std::int32_t> number(parents.size(), -1);
  for (std::int32_t& area : areas_) {
    if (area < 0) continue;
    std::int32_t& n = number[std::size_t(root_of(parents, area))];
    if (n < 0) {
      n = std::int32_t(sizes_.size());
      sizes_.push_back(0);
    }
    area = n;
    ++sizes_[std::size_t(n)];
  }
}

}  // namespace nadir
