// Blocks near a survey.
#include "stages/alignment/survey_blocks.h"

#include <map>

#include "pipeline/core/survey_blocks.h"

namespace nadir {
namespace {

constexpr std::int64_t kMostFloats = std::int64_t{1} << 26;  // 256 MiB

// The features of the split that come within `margin` of the scene.
Survey within_reach(const Survey& survey, Split split, const Grid& grid, int margin) {
  const Grid around = grid.cropped(grow(grid.window(), margin));
  Survey near;
  near.classes = survey.classes;
  for (const Feature& f : survey.features)
    if ((split == Split::all || f.test == (split == Split::test)) && !pixel_window(f, around).empty())
      near.features.push_back(f);
  return near;
}

Survey thinned(const Survey& survey, int one_in) {
  Survey used;
  used.classes = survey.classes;
  std::map<std::uint16_t, int> seen;
  for (const Feature& f : survey.features)
    if (seen[f.class_id]++ % one_in == 0) used.features.push_back(f);
  return used;
}

}  // namespace

SurveyBlocks blocks_near(const Survey* survey, Split split, const Grid& grid, int margin, int floats_a_pixel) {
  const auto all = [](const Feature&) { return true; };
  if (!survey) return {{}, survey_blocks(nullptr, grid, kMosaicBlock, all)};
  const Survey reach = within_reach(*survey, split, grid, margin);
  SurveyBlocks near;
  const auto too_many = [&] {
    return std::int64_t(near.blocks.size()) * kMosaicBlock * kMosaicBlock * floats_a_pixel > kMostFloats;
  };
  for (int one_in = 1; one_in == 1 || (too_many() && one_in <= 1 << 20); one_in *= 2) {
    near.survey = thinned(reach, one_in);
    near.blocks = survey_blocks(&near.survey, grid, kMosaicBlock, all, margin);
  }
  return near;
}

}  // namespace nadir
