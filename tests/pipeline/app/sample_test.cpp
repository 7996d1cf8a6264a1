#include "pipeline/app/sample.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

namespace nadir {
namespace {

const app::Sample& sample() {
  static const app::Sample made = app::make_sample(1);
  return made;
}

// The pixels of a scene on which the survey lies, when the survey is moved by `shift` pixels.
std::vector<std::int32_t> surveyed(const app::SampleScene& scene, Point shift) {
  const Grid grid = scene.info.grid.shifted(-shift.x, -shift.y);
  std::vector<std::int32_t> index(std::size_t(grid.window().area()));
  rasterize(sample().survey, grid, grid.window(), Split::all, index);
  return index;
}

// Mean squared distance of samples from their polygon's mean, all bands, relative to the mean: small where polygons
// hold one cover each.
double variation(const app::SampleScene& scene, Point shift) {
  const std::vector<std::int32_t> index = surveyed(scene, shift);
  const std::size_t features = sample().survey.features.size();
  std::vector<std::array<double, 3>> sums(features + 1);
  const Window w = scene.info.grid.window();
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x) {
      auto& [n, s, q] = sums[std::size_t(index[std::size_t(y * w.width + x)])];
      const double nir = scene.image.view()(3, x, y);
      n += 1;
      s += nir;
      q += nir * nir;
    }
  double total = 0;
  for (std::size_t f = 1; f <= features; ++f)
    if (const auto [n, s, q] = sums[f]; n > 20) total += (q - s * s / n) / n;
  return total;
}

TEST(Sample, is_the_same_for_the_same_seed_and_another_for_another) {
  const app::Sample again = app::make_sample(1);
  const app::Sample other = app::make_sample(2);
  for (std::size_t i = 0; i < again.scenes.size(); ++i) {
    const std::size_t bytes = std::size_t(again.scenes[i].info.grid.window().area()) * 4 * sizeof(float);
    EXPECT_EQ(std::memcmp(again.scenes[i].image.view().samples, sample().scenes[i].image.view().samples, bytes), 0);
    EXPECT_NE(std::memcmp(other.scenes[i].image.view().samples, sample().scenes[i].image.view().samples, bytes), 0);
  }
}

TEST(Sample, surveys_at_least_six_polygons_of_every_class_in_every_scene) {
  for (const std::uint64_t seed : {0, 1, 2, 3, 4, 5}) {
    const app::Sample made = app::make_sample(seed);
    for (const app::SampleScene& scene : made.scenes) {
      std::array<int, 7> polygons{};
      for (const Feature& f : made.survey.features) {
        const Window w = pixel_window(f, scene.info.grid);
        const bool inside =
            w.x > 0 && w.y > 0 && w.right() < scene.info.grid.width && w.bottom() < scene.info.grid.height;
        const bool seen = inside && all_valid(scene.image.view(), w);
        polygons[f.class_id] += seen;
      }
      for (int c = 1; c <= 6; ++c)
        EXPECT_GE(polygons[std::size_t(c)], 6) << scene.name << " class " << c << " seed " << seed;
    }
  }
}

TEST(Sample, has_a_survey_that_agrees_with_the_truth_everywhere) {
  for (const app::SampleScene& scene : sample().scenes) {
    const Grid& grid = scene.truth_info.grid;
    std::vector<std::int32_t> index(std::size_t(grid.window().area()));
    rasterize(sample().survey, grid, grid.window(), Split::all, index);
    int wrong = 0;
    for (std::size_t i = 0; i < index.size(); ++i)
      wrong +=
          index[i] > 0 && sample().survey.features[std::size_t(index[i] - 1)].class_id != scene.truth.view().samples[i];
    EXPECT_EQ(wrong, 0) << scene.name;
  }
}

TEST(Sample, fits_its_survey_at_the_recorded_shift_and_nowhere_near) {
  for (const app::SampleScene& scene : sample().scenes) {
    const Point s = sample().shift_px;
    const double best = variation(scene, s);
    EXPECT_LT(best, 0.7 * variation(scene, {0, 0})) << scene.name;
    for (const Point off : {Point{1, 0}, {-1, 0}, {0, 1}, {0, -1}})
      EXPECT_LT(best, variation(scene, {s.x + off.x, s.y + off.y})) << scene.name;
  }
}

TEST(Sample, has_plausible_digital_numbers_and_a_collar_in_one_scene_only) {
  for (const app::SampleScene& scene : sample().scenes) {
    const Window w = scene.info.grid.window();
    int empty = 0;
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x)
        for (int b = 0; b < 4; ++b) {
          const float dn = scene.image.view()(b, x, y);
          empty += dn == 0;
          ASSERT_EQ(dn == 0, !scene.image.view().is_valid(x, y));
          ASSERT_EQ(dn, std::round(dn));
          ASSERT_LT(dn, 10000);
        }
    EXPECT_EQ(empty > 0, scene.name == "south");
  }
}

}  // namespace
}  // namespace nadir
