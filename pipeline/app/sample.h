// The built-in demonstration: three scenes of an invented landscape, a survey that does not lie exactly upon them, and
// the truth about both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir::app {

struct SampleScene {
  std::string name;
  ImageInfo info;
  Tile image;
  ImageInfo truth_info;  ///< pixels of half the size, where an aligned image would lie
  Tile truth;
};

struct Sample {
  /// What the survey puts at pixel (col, row) of a scene is seen at (col + x, row + y).
  Point shift_px;
  std::vector<SampleScene> scenes;
  Survey survey;
};

Sample make_sample(std::uint64_t seed);

/// Writes DIR/scenes/*.tif, DIR/survey.gpkg, DIR/truth/truth_*.tif and DIR/sample.json.
void write_sample(const std::filesystem::path& dir, std::uint64_t seed);

}  // namespace nadir::app
