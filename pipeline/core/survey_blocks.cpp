// Blocks near survey features.
#include "pipeline/core/survey_blocks.h"

namespace nadir {

std::vector<Window> survey_blocks(const Survey* survey, const Grid& grid, int edge,
                                  const std::function<bool(const Feature&)>& chosen, int margin) {
  const int across = ceil_div(grid.width, edge);
  const int down = ceil_div(grid.height, edge);
  std::vector<bool> wanted(std::size_t(across) * std::size_t(down), !survey);
  const auto want = [&](const Window& pixels) {
    for (int y = pixels.y / edge; y <= (pixels.bottom() - 1) / edge; ++y)
      for (int x = pixels.x / edge; x <= (pixels.right() - 1) / edge; ++x)
        wanted[std::size_t(y) * std::size_t(across) + std::size_t(x)] = true;
  };
  if (survey)
    for (const Feature& f : survey->features)
      if (const Window own = pixel_window(f, grid); !own.empty() && chosen(f))
        want(intersect(grow(own, margin), grid.window()));
  std::vector<Window> blocks;
  for (int y = 0, k = 0; y < down; ++y)
    for (int x = 0; x < across; ++x, ++k)
      if (wanted[std::size_t(k)]) blocks.push_back(intersect({x * edge, y * edge, edge, edge}, grid.window()));
  return blocks;
}

}  // namespace nadir
