// How much of a pixel lies in a survey feature.
#pragma once

#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// For every pixel of the window, row by row, the share of its area that the feature's polygons cover, in [0, 1]; 1 for
/// pixels that its points or lines touch. Cost: (vertices + pixels) a row.
std::vector<float> coverage(const Feature& feature, const Grid& grid, const Window& window);

}  // namespace nadir
