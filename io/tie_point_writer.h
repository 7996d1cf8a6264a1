// What an alignment was measured from, as a layer of points and as a picture.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo write_tie_points_stage();

/// An image small enough for a report.
struct Thumbnail {
  int width = 0;
  int height = 0;
  double scale = 1;                ///< pixels of the scene a pixel of the thumbnail
  std::vector<std::uint8_t> grey;  ///< 0 also where nothing is known
};

/// An SVG: the thumbnail as it was and, in turn with it every second, as the transform moves it; over both an arrow a
/// tie point, residuals `magnified` so that they can be seen, rejected points in red.
std::string alignment_picture(const Thumbnail& before, const Transform& transform);

}  // namespace nadir
