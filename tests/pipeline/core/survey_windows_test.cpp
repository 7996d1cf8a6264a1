#include "pipeline/core/survey_windows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

// Turned a little, so that windows are not what pixels of the map would be.
const Grid kGrid{90, 70, {1000, 9, 2, 5000, 2, -9}, ""};

double random(std::uint64_t k) { return double(split_mix(k) >> 11) * 0x1p-53; }

// Triangles, lines and points of any size that overlap and reach out of the grid.
Survey scattered() {
  Survey survey;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const double x = 130 * random(10 * i) - 20, y = 110 * random(10 * i + 1) - 20, size = 30 * random(10 * i + 2);
    std::vector<Point> part;
    for (std::uint64_t k = 3; k < 9; k += 2)
      part.push_back(kGrid.to_map(x + size * random(10 * i + k), y + size * random(10 * i + k + 1)));
    survey.features.push_back({"", 1, Shape(i % 3), {part}, i % 4 == 0});
  }
  return survey;
}

// Feature by feature over the whole grid, the last one wins.
std::vector<std::int32_t> one_by_one(const Survey& survey, Split split) {
  std::vector<std::int32_t> index(std::size_t(kGrid.window().area()));
  for (std::size_t i = 0; i < survey.features.size(); ++i)
    if (split == Split::all || survey.features[i].test == (split == Split::test))
      burn(survey.features[i], kGrid, kGrid.window(), std::int32_t(i) + 1, index);
  return index;
}

TEST(SurveyWindows, burn_block_by_block_what_the_whole_grid_shows) {
  const Survey survey = scattered();
  const SurveyWindows windows(survey, kGrid);
  for (const Split split : {Split::all, Split::train, Split::test}) {
    const std::vector<std::int32_t> expected = one_by_one(survey, split);
    EXPECT_GT(std::count_if(expected.begin(), expected.end(), [](std::int32_t i) { return i > 0; }), 60);
    for (const int edge : {7, 32, 90})
      for (int y = 0; y < kGrid.height; y += edge)
        for (int x = 0; x < kGrid.width; x += edge) {
          const Window block = intersect({x, y, edge, edge}, kGrid.window());
          std::vector<std::int32_t> index(std::size_t(block.area()), -1);
          windows.rasterize(block, split, index);
          for (int v = 0, k = 0; v < block.height; ++v)
            for (int u = 0; u < block.width; ++u, ++k)
              ASSERT_EQ(index[std::size_t(k)], expected[std::size_t((y + v) * kGrid.width + x + u)]);
        }
  }
}

TEST(SurveyWindows, leave_features_alone_that_do_not_touch_the_block) {
  Survey survey;
  survey.features.push_back({"", 1, Shape::point, {{kGrid.to_map(5.5, 5.5)}}, false});
  const SurveyWindows windows(survey, kGrid);
  EXPECT_EQ(windows[0], (Window{5, 5, 1, 1}));
  // Had the block projected it anew, the point would be seen where it lies now.
  survey.features[0].parts[0][0] = kGrid.to_map(50.5, 50.5);
  std::vector<std::int32_t> index(100);
  windows.rasterize({45, 45, 10, 10}, Split::all, index);
  EXPECT_EQ(index, std::vector<std::int32_t>(100, 0));
}

}  // namespace
}  // namespace nadir
