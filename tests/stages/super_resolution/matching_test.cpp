#include "stages/super_resolution/matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

struct Fixture {
  PyramidLayout layout;
  int patch;
  std::vector<float> samples;  // of the pyramid, in grey levels
  Guide guide;
  std::vector<float> image;  // quantised

  Fixture(int width, int height, int edge, const std::vector<float>& copies, const test::Formula& formula)
      : layout({width, height}, copies, edge), patch(edge), samples(layout.samples()), guide(layout, edge) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) samples[std::size_t(y * width + x)] = float(formula(0, x, y));
    layout.fill_copies(Exec(), samples);
    guide = with(widest_simd());
    for (const auto& level : layout.levels())
      for (int y = level.top; y < level.top + level.height; ++y)
        for (int x = 0; x < width; ++x) image.push_back(float(guide.quantized(y, x)));
  }

  Guide with(Simd simd) const {
    Guide g(layout, patch, simd);
    g.pyramid() = samples;
    g.quantize(Exec());
    return g;
  }
};

double texture(int, int x, int y) { return 127 + 60 * std::sin(0.9 * x + 0.2 * y * y) + 50 * std::cos(0.4 * y * x); }

// The plain definition: all candidates sorted by distance, then index.
std::vector<std::int32_t> nearest(const Fixture& f, const SearchSettings& s, int iteration, int row, int column) {
  std::vector<std::pair<double, std::int32_t>> all;
  for (std::size_t l = 0; l < f.layout.levels().size(); ++l) {
    const auto& level = f.layout.levels()[l];
    const int y0 = int(float(row) / level.factor + 0.5f), x0 = int(float(column) / level.factor + 0.5f);
    const int radius = l ? s.copy_radius : s.radius;
    for (int y = std::max(0, y0 - radius); y <= std::min(level.height - s.patch, y0 + radius); ++y) {
      const bool dense = l == 0 && std::abs(y - y0) <= s.dense_rows;
      if (!dense && (y + iteration) % (l ? s.copy_row_step : s.row_step) != 0) continue;
      for (int x = std::max(0, x0 - radius); x <= std::min(level.width - s.patch, x0 + radius); ++x) {
        double d = 0;
        const int at = (level.top + y) * f.layout.stride() + x;
        for (int p = 0; p < s.patch; ++p)
          for (int q = 0; q < s.patch; ++q) {
            const int step = p * f.layout.stride() + q;
            d += std::pow(double(f.image[std::size_t(at + step)]) -
                              double(f.image[std::size_t(row * f.layout.stride() + column + step)]),
                          2);
          }
        if (l > 0) d += std::floor(double(float(d) * s.copy_handicap));
        all.push_back({d, at});
      }
    }
  }
  std::sort(all.begin(), all.end());
  const std::size_t wanted = std::min(all.size(), std::size_t(s.similar));
  std::vector<std::int32_t> best;
  for (std::size_t i = 0; i < wanted; ++i) best.push_back(all[i].second);
  std::sort(best.begin(), best.end());
  for (std::size_t i = wanted; i < std::size_t(s.similar); ++i) best.push_back(best[i - wanted]);
  return best;
}

void expect_nearest(const Fixture& f, const SearchSettings& s, int iteration) {
  const ReferenceGrid grid(f.layout.size(), s.patch, iteration);
  const MatchList matches = f.guide.match(Exec(), grid, s, iteration);
  for (int level = 0; level < int(widest_simd()); ++level)
    EXPECT_EQ(f.with(Simd(level)).match(Exec(), grid, s, iteration), matches) << level;
  for (std::size_t r = 0; r < grid.rows.size(); ++r)
    for (std::size_t c = 0; c < grid.columns.size(); ++c) {
      const auto* found = &matches[(r * grid.columns.size() + c) * std::size_t(s.similar)];
      ASSERT_EQ(std::vector<std::int32_t>(found, found + s.similar),
                nearest(f, s, iteration, grid.rows[r], grid.columns[c]))
          << grid.rows[r] << "," << grid.columns[c];
    }
}

TEST(Matching, finds_what_sorting_all_candidates_finds) {
  SearchSettings s;
  s.radius = 17;
  s.copy_radius = 9;
  s.similar = 12;
  for (const int patch : {5, 6}) {
    s.patch = patch;
    expect_nearest(Fixture(45, 38, patch, {1.5f, 2.0f}, texture), s, patch);
  }
}

TEST(Matching, decides_ties_by_position_in_flat_images) {
  SearchSettings s;
  s.radius = 12;
  expect_nearest(Fixture(30, 26, 5, {1.6f}, [](int, int, int) { return 50; }), s, 1);
}

TEST(Matching, repeats_candidates_where_there_are_too_few) {
  SearchSettings s;
  expect_nearest(Fixture(7, 8, 5, {}, texture), s, 0);
  expect_nearest(Fixture(5, 5, 5, {}, texture), s, 3);
}

TEST(Matching, sums_stay_exact_at_the_ends_of_the_range) {
  SearchSettings s;
  s.patch = 6;
  s.radius = 9;
  expect_nearest(Fixture(30, 30, 6, {}, [](int, int x, int y) { return (x / 3 + y / 2) % 2 ? 1e6 : -1e6; }), s, 0);
}

TEST(Matching, ends_where_hardly_anything_is_near) {
  SearchSettings s;
  s.patch = 6;
  expect_nearest(Fixture(50, 50, 6, {1.5f, 2.0f}, [](int, int x, int y) { return x < 6 && y < 6 ? -1e6 : 1e6; }), s, 0);
}

TEST(ReferenceGrid, covers_both_ends_in_every_iteration) {
  for (int k = 0; k < 50; ++k) {
    const ReferenceGrid grid({40, 33}, 5, k);
    EXPECT_EQ(grid.rows.front(), 0);
    EXPECT_EQ(grid.rows.back(), 28);
    EXPECT_EQ(grid.columns.back(), 35);
    for (std::size_t i = 1; i < grid.columns.size(); ++i) {
      EXPECT_GT(grid.columns[i], grid.columns[i - 1]);
      EXPECT_LE(grid.columns[i] - grid.columns[i - 1], 7);
    }
  }
}

TEST(ReferenceGrid, counts_the_references_before_a_position) {
  for (const int last : {0, 1, 7, 28, 29})
    for (int offset = -9; offset < 9; ++offset) {
      const ReferenceAxis axis(last, offset, 7);
      std::vector<int> all{0};
      for (int v = 1; v <= last; ++v)
        if (v == last || (v - offset) % 7 == 0) all.push_back(v);
      ASSERT_EQ(axis.size(), all.size());
      for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(axis[i], all[i]) << last << ", " << offset;
      for (int v = -3; v < last + 4; ++v)
        EXPECT_EQ(axis.before(v), std::count_if(all.begin(), all.end(), [&](int a) { return a < v; })) << v;
    }
}

TEST(PyramidLayout, overlapping_blocks_of_a_scene_have_the_same_copies_and_references) {
  const std::vector<float> factors{1.5f, 1.6f, 2.0f};
  const Origin origin{13, 22};
  const PyramidLayout whole({90, 80}, factors, 5);
  const PyramidLayout part({70, 50}, factors, 5, origin);
  std::vector<float> scene(whole.samples()), block(part.samples());
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 90; ++x) scene[std::size_t(y * 90 + x)] = float(texture(0, x, y));
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 70; ++x)
      block[std::size_t(y * 70 + x)] = scene[std::size_t((y + origin.y) * 90 + x + origin.x)];
  whole.fill_copies(Exec(), scene);
  part.fill_copies(Exec(), block);
  constexpr int kBorder = 4;  // where the block's edge is mirrored
  for (std::size_t l = 1; l < part.levels().size(); ++l) {
    const auto& a = whole.levels()[l];
    const auto& b = part.levels()[l];
    for (int y = kBorder; y < b.height - kBorder; ++y)
      for (int x = kBorder; x < b.width - kBorder; ++x)
        ASSERT_NEAR(block[std::size_t((b.top + y) * 70 + x)],
                    scene[std::size_t((a.top + y + b.first_y) * 90 + x + b.first_x)], 1e-3)
            << l << " " << x << "," << y;
  }
  for (int k = 0; k < 15; ++k) {
    const ReferenceGrid of_scene({90, 80}, 5, k), of_block({70, 50}, 5, k, origin);
    const auto holds = [](const ReferenceAxis& a, int at) { return a[std::size_t(a.before(at))] == at; };
    for (std::size_t i = 1; i + 1 < of_block.rows.size(); ++i)
      EXPECT_TRUE(holds(of_scene.rows, of_block.rows[i] + origin.y));
    for (std::size_t i = 1; i + 1 < of_block.columns.size(); ++i)
      EXPECT_TRUE(holds(of_scene.columns, of_block.columns[i] + origin.x));
  }
}

}  // namespace
}  // namespace nadir
