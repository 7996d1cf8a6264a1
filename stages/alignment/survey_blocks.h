// The part of a scene that lies near a survey.
#pragma once

#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// Side of the scene-anchored blocks that pixels are gathered in.
constexpr int kMosaicBlock = 256;

struct SurveyBlocks {
  Survey survey;               ///< the features that take part
  std::vector<Window> blocks;  ///< blocks of the scene within `margin` pixels of them
};

/// Features of the split within `margin` pixels of the scene, so that a survey of a whole country counts like the part
/// of it that the scene shows; where the blocks near them would hold more than 256 MiB of float32, `floats_a_pixel` of
/// them a pixel, every second, fourth, … feature of each class. Without a survey, all blocks of the scene.
SurveyBlocks blocks_near(const Survey* survey, Split split, const Grid& grid, int margin, int floats_a_pixel);

}  // namespace nadir
