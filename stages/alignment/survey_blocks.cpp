// Blocks near a survey.
#include "stages/alignment/survey_blocks.h"

#include <map>

#include "pipeline/core/survey_blocks.h"

namespace nadir {
namespace {

constexpr std::int64_t kMostFloats = std::int64_t{1} << 26;  // 256 MiB

Survey taking_part(const Survey& survey, Split split, int one_in) {
  Survey used;
  used.classes = survey.classes;
  std::map<std::uint16_t, int> seen;
  for (const Feature& f : survey.features)
    if ((split == Split::all || f.test == (split == Split::test)) && seen[f.class_id]++ % one_in == 0)
      used.features.push_back(f);
  return used;
}

}  // namespace

SurveyBlocks blocks_near(const Survey* survey, Split split, const Grid& grid, int margin, int floats_a_pixel) {
  const auto all = [](const Feature&) { return true; };
  if (!survey) return {{}, survey_blocks(nullptr, grid, kMosaicBlock, all)};
  SurveyBlocks near;
  const auto too_many = [&] {
    return std::int64_t(near.blocks.size()) * kMosaicBlock * kMosaicBlock * floats_a_pixel > kMostFloats;
  };
  for (int one_in = 1; one_in == 1 || (too_many() && one_in <= 1 << 20); one_in *= 2) {
    near.survey = taking_part(*survey, split, one_in);
    near.blocks = survey_blocks(&near.survey, grid, kMosaicBlock, all, margin);
  }
  return near;
}

}  // namespace nadir
