// Blocks near a survey.
#include "stages/alignment/survey_blocks.h"

#include <map>

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

std::vector<Window> blocks_near(const Survey& survey, const Grid& grid, int margin) {
  const int across = ceil_div(grid.width, kMosaicBlock);
  const int down = ceil_div(grid.height, kMosaicBlock);
  std::vector<bool> wanted(std::size_t(across) * std::size_t(down));
  for (const Feature& f : survey.features) {
    const Window near = intersect(grow(pixel_window(f, grid), margin), grid.window());
    for (int y = near.y / kMosaicBlock; !near.empty() && y <= (near.bottom() - 1) / kMosaicBlock; ++y)
      for (int x = near.x / kMosaicBlock; x <= (near.right() - 1) / kMosaicBlock; ++x)
        wanted[std::size_t(y) * std::size_t(across) + std::size_t(x)] = true;
  }
  std::vector<Window> blocks;
  for (int y = 0, k = 0; y < down; ++y)
    for (int x = 0; x < across; ++x, ++k)
      if (wanted[std::size_t(k)])
        blocks.push_back(intersect({x * kMosaicBlock, y * kMosaicBlock, kMosaicBlock, kMosaicBlock}, grid.window()));
  return blocks;
}

Survey covering(const Grid& grid) {
  Survey survey;
  const Point a = grid.to_map(0, 0), b = grid.to_map(grid.width, 0), c = grid.to_map(grid.width, grid.height),
              d = grid.to_map(0, grid.height);
  survey.features.push_back({"scene", 1, Shape::polygon, {{a, b, c, d}}, false});
  return survey;
}

}  // namespace

SurveyBlocks blocks_near(const Survey* survey, Split split, const Grid& grid, int margin, int floats_a_pixel) {
  if (!survey) return {{}, blocks_near(covering(grid), grid, 0)};
  SurveyBlocks near;
  const auto too_many = [&] {
    return std::int64_t(near.blocks.size()) * kMosaicBlock * kMosaicBlock * floats_a_pixel > kMostFloats;
  };
  for (int one_in = 1; one_in == 1 || (too_many() && one_in <= 1 << 20); one_in *= 2) {
    near.survey = taking_part(*survey, split, one_in);
    near.blocks = blocks_near(near.survey, grid, margin);
  }
  return near;
}

}  // namespace nadir
