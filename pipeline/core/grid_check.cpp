// Complaints about grids.
#include "pipeline/core/grid_check.h"

#include <cstdio>

namespace nadir {

std::string to_text(const Grid& grid) {
  const auto& t = grid.geotransform;
  char text[160];
  std::snprintf(text, sizeof text, "%d x %d pixels of %.10g x %.10g at %.10g, %.10g", grid.width, grid.height,
                grid.gsd_x(), grid.gsd_y(), t[0], t[3]);
  return text;
}

}  // namespace nadir
