// Shifts found on real scenes: surveys moved by known amounts, and pairs of images with known offsets.
#include "stages/alignment/alignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "io/io.h"
#include "pipeline/core/random.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Image;

Image read_image(const std::string& path) {
  configure_io(64 << 20);
  Image image;
  image.tile = read_whole(path, &image.info);
  return image;
}

SurveyPtr read_survey(const std::string& path, const Grid& grid, double test_fraction) {
  for (const StageInfo& stage : io_stages()) {
    if (stage.name != "read_survey") continue;
    const ParamMap params{{"test_fraction", test_fraction}};
    StageContext context;
    context.params = &params;
    context.truth_path = path;
    context.scene_grid = &grid;
    return std::get<SurveyPtr>(stage.as<ValueFactory>()->make(context));
  }
  return nullptr;
}

SurveyPtr moved(const Survey& survey, double x, double y) {
  Survey copy = survey;
  for (Feature& f : copy.features)
    for (auto& part : f.parts)
      for (Point& p : part) p.x += x, p.y += y;
  return std::make_shared<const Survey>(std::move(copy));
}

Transform against_survey(const Image& image, const SurveyPtr& survey, const ParamMap& params = {}) {
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), params, {&image}, {Value{}, survey}));
}

Transform against_reference(const Image& image, const Image& reference) {
  return std::get<Transform>(
      test::estimate(estimate_alignment_stage(), {{"method", "phase"}}, {&image, nullptr, &reference}));
}

struct Scene {
  Image image;
  SurveyPtr survey;

  Scene(const std::string& image_path, const std::string& survey_path, double test_fraction = 0)
      : image(read_image(image_path)), survey(read_survey(survey_path, image.info.grid, test_fraction)) {}
  /// The estimate with the survey moved by pixels to the east and south.
  Transform estimate_moved(double east, double south, const ParamMap& params = {}) const {
    const Grid& grid = image.info.grid;
    return against_survey(image, moved(*survey, east * grid.gsd_x(), -south * grid.gsd_y()), params);
  }
};

double fact(const Transform& t, const std::string& name, std::size_t i) {
  return std::get<std::vector<double>>(*t.facts.find(name)).at(i);
}

const std::vector<Point> kMoves{{0, 0}, {4, 0}, {-3.3, 7.6}, {20, -15.5}};

TEST(AlignmentOfChiapas, finds_back_a_moved_survey_within_half_a_pixel) {
  NADIR_NEEDS_DATA(image, "truth/chiapas_le7/LE70220491999322EDC01_stack.tif");
  NADIR_NEEDS_DATA(survey, "truth/chiapas_le7/training_data.shp");
  for (const double test_fraction : {0.0}) {
    const Scene scene(image, survey, test_fraction);
    for (const Point& move : kMoves) {
      const Transform t = scene.estimate_moved(move.x, move.y);
      EXPECT_TRUE(t.reliable) << move.x << "," << move.y;
      EXPECT_NEAR(t.pixel[0], -move.x, 0.5);
      EXPECT_NEAR(t.pixel[3], -move.y, 0.5);
    }
    const Transform still = scene.estimate_moved(0, 0);
    EXPECT_EQ(still.pixel, Transform{}.pixel);
    EXPECT_NEAR(fact(still, "shift_px", 0), 0, 0.5);
    EXPECT_NEAR(fact(scene.estimate_moved(4, 0), "shift_map", 0), 120, 15);
  }
}

TEST(AlignmentOfChiapas, does_not_trust_a_survey_that_lies_somewhere_else) {
  NADIR_NEEDS_DATA(image, "truth/chiapas_le7/LE70220491999322EDC01_stack.tif");
  NADIR_NEEDS_DATA(survey, "truth/chiapas_le7/training_data.shp");
  const Scene scene(image, survey);
  for (const Point& move : {Point{80, 60}, Point{-70, 50}, Point{60, -90}, Point{-50, -60}}) {
    const Transform t = scene.estimate_moved(move.x, move.y);
    EXPECT_FALSE(t.reliable) << move.x << "," << move.y;
    EXPECT_EQ(t.pixel, Transform{}.pixel);
  }
}

// Large polygons deep inside their fields say little about the shift: it must be right to a pixel or be refused.
void expect_right_or_refused(const Scene& scene) {
  for (const Point& move : kMoves) {
    const Transform t = scene.estimate_moved(move.x, move.y);
    if (!t.reliable || t.pixel == Transform{}.pixel) continue;
    EXPECT_NEAR(t.pixel[0], -move.x, 1);
    EXPECT_NEAR(t.pixel[3], -move.y, 1);
  }
}

TEST(AlignmentOfAber, is_right_within_a_pixel_or_refused) {
  NADIR_NEEDS_DATA(image, "truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif");
  NADIR_NEEDS_DATA(survey, "truth/aber_s2/truth_polygons.gpkg");
  const Scene scene(image, survey);
  expect_right_or_refused(scene);
  EXPECT_EQ(scene.estimate_moved(0, 0).pixel, Transform{}.pixel);
}

TEST(AlignmentOfPara, is_right_within_a_pixel_or_refused) {
  NADIR_NEEDS_DATA(image, "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif");
  NADIR_NEEDS_DATA(survey, "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg");
  const Scene scene(image, survey);
  expect_right_or_refused(scene);
  EXPECT_EQ(scene.estimate_moved(0, 0).pixel, Transform{}.pixel);
}

// Draws of a displaced survey: how far off the estimates are, and how many are wrong by more than 2 px without a flag.
// A shift that is not larger than its own uncertainty is not applied, but it is known: shift_px.
struct Draws {
  std::vector<double> errors;
  int refused = 0;
  int undetected = 0;
};

Draws draw_displacements(const Scene& scene, std::uint64_t seed, int count) {
  Draws draws;
  const auto uniform = [](std::uint64_t k) { return -6.5 + 13 * double(split_mix(k) >> 11) * 0x1p-53; };
  for (int i = 0; i < count; ++i) {
    const Point move{uniform(seed + 2 * std::uint64_t(i)), uniform(seed + 2 * std::uint64_t(i) + 1)};
    const Transform t = scene.estimate_moved(move.x, move.y, {{"max_shift_px", std::int64_t{10}}});
    const bool found = t.facts.find("shift_px") != nullptr;
    const double error =
        found ? std::hypot(fact(t, "shift_px", 0) + move.x, fact(t, "shift_px", 1) + move.y) : INFINITY;
    draws.errors.push_back(error);
    draws.refused += !t.reliable;
    draws.undetected += t.reliable && error > 2;
  }
  std::sort(draws.errors.begin(), draws.errors.end());
  return draws;
}

struct SurveyedScene {
  const char* name;
  const char* image;
  const char* survey;
};
void PrintTo(const SurveyedScene& scene, std::ostream* out) { *out << scene.name; }

class AlignmentOfSurveys : public ::testing::TestWithParam<SurveyedScene> {};

TEST_P(AlignmentOfSurveys, finds_displaced_polygons_and_knows_when_it_does_not) {
  NADIR_NEEDS_DATA(image, GetParam().image);
  NADIR_NEEDS_DATA(survey, GetParam().survey);
  const Draws draws = draw_displacements(Scene(image, survey), 2026, 20);
  RecordProperty("median_error_px", std::to_string(draws.errors[draws.errors.size() / 2]));
  RecordProperty("largest_error_px", std::to_string(draws.errors.back()));
  RecordProperty("refused", draws.refused);
  EXPECT_LE(draws.errors[draws.errors.size() / 2], 0.35);
  EXPECT_EQ(draws.undetected, 0);
  EXPECT_LE(draws.refused, 4);
}

TEST_P(AlignmentOfSurveys, refuses_a_survey_whose_labels_are_random) {
  NADIR_NEEDS_DATA(image, GetParam().image);
  NADIR_NEEDS_DATA(survey, GetParam().survey);
  const Scene scene(image, survey);
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    Survey random = *scene.survey;
    for (std::size_t i = 0; i < random.features.size(); ++i)
      random.features[i].class_id = std::uint16_t(1 + split_mix(1000 * seed + i) % random.classes.size());
    const Transform t = against_survey(scene.image, std::make_shared<const Survey>(random));
    EXPECT_FALSE(t.reliable) << "seed " << seed;
    EXPECT_EQ(t.pixel, Transform{}.pixel);
  }
}

INSTANTIATE_TEST_SUITE_P(Real, AlignmentOfSurveys,
                         ::testing::Values(SurveyedScene{"chiapas", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif",
                                                         "truth/chiapas_le7/training_data.shp"},
                                           SurveyedScene{"aber", "truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif",
                                                         "truth/aber_s2/truth_polygons.gpkg"},
                                           SurveyedScene{"para", "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif",
                                                         "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg"}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(AlignmentOfBuildings, finds_displaced_outlines_of_a_single_class) {
  NADIR_NEEDS_DATA(image, "truth/atlanta_building_footprints/sample_geotiff.tif");
  NADIR_NEEDS_DATA(survey, "truth/atlanta_building_footprints/geotiff_labels.geojson");
  const Draws draws = draw_displacements(Scene(image, survey), 2026, 20);
  RecordProperty("median_error_px", std::to_string(draws.errors[draws.errors.size() / 2]));
  RecordProperty("largest_error_px", std::to_string(draws.errors.back()));
  EXPECT_EQ(draws.refused, 0);
  EXPECT_EQ(draws.undetected, 0);
  // The outlines lie 1.7 px beside the roofs of this oblique image; how the draws scatter is the method's own error.
  EXPECT_LE(draws.errors.back() - draws.errors.front(), 0.1);
}

TEST(AlignmentOfPairs, finds_an_exact_sub_pixel_shift) {
  NADIR_NEEDS_DATA(image, "coreg/exact_shift_same_band/tgt.tif");
  NADIR_NEEDS_DATA(reference, "coreg/exact_shift_same_band/ref.tif");
  const Transform t = against_reference(read_image(image), read_image(reference));
  EXPECT_NEAR(t.pixel[0], -3.37, 0.01);
  EXPECT_NEAR(t.pixel[3], 2.61, 0.01);
}

TEST(AlignmentOfPairs, sees_through_a_wrong_georeference) {
  NADIR_NEEDS_DATA(image, "coreg/aber_georef_offset/tgt_offset.tif");
  NADIR_NEEDS_DATA(reference, "coreg/aber_georef_offset/ref.tif");
  const Transform t = against_reference(read_image(image), read_image(reference));
  EXPECT_NEAR(fact(t, "shift_map", 0), -30, 0.1);
  EXPECT_NEAR(fact(t, "shift_map", 1), -30, 0.1);
}

TEST(AlignmentOfPairs, finds_what_two_dates_of_a_landsat_scene_are_apart) {
  NADIR_NEEDS_DATA(image, "coreg/chiapas_le7_1999_2002/LE70220492002106EDC00_stack.tif");
  NADIR_NEEDS_DATA(reference, "truth/chiapas_le7/LE70220491999322EDC01_stack.tif");
  const Transform t = against_reference(read_image(image), read_image(reference));
  EXPECT_TRUE(t.reliable);
  EXPECT_NEAR(t.pixel[0], 0.04, 0.2);  // median of local windows of bands 3 and 5, with their spread
  EXPECT_NEAR(t.pixel[3], 0.15, 0.2);
}

TEST(AlignmentOfPairs, refuses_a_stereo_pair_that_no_shift_can_align) {
  NADIR_NEEDS_DATA(image, "coreg/phr_gizeh_stereo/img2.tif");
  NADIR_NEEDS_DATA(reference, "coreg/phr_gizeh_stereo/img1.tif");
  EXPECT_FALSE(against_reference(read_image(image), read_image(reference)).reliable);
}

}  // namespace
}  // namespace nadir
