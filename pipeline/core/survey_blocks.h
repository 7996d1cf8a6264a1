// The blocks of a scene that an estimate has to see because of a survey.
#pragma once

#include <functional>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// Blocks of `edge` pixels, anchored to the scene, row by row, that come within `margin` pixels of what a chosen
/// feature may touch. Without a survey (it is not known while planning) all blocks, the most that there can be.
std::vector<Window> survey_blocks(const Survey* survey, const Grid& grid, int edge,
                                  const std::function<bool(const Feature&)>& chosen, int margin = 0);

}  // namespace nadir
