// Blocks near survey features.
#include "pipeline/core/survey_blocks.h"

#include <algorithm>

namespace nadir {

std::vector<Window> survey_blocks(const Survey* survey, const Grid& grid, int edge,
                                  const std::function<bool(const Feature&)>& chosen) {
  std::vector<Window> touched;
  if (survey)
    for (const Feature& f : survey->features)
      if (chosen(f)) touched.push_back(pixel_window(f, grid));
  std::vector<Window> blocks;
  for (int y = 0; y < grid.height; y += edge)
    for (int x = 0; x < grid.width; x += edge) {
      const Window block = intersect({x, y, edge, edge}, grid.window());
      const auto touches = [&](const Window& w) { return !intersect(w, block).empty(); };
      if (!survey || std::any_of(touched.begin(), touched.end(), touches)) blocks.push_back(block);
    }
  return blocks;
}

}  // namespace nadir
