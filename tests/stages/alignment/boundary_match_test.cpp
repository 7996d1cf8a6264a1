// Outlines and lines of a survey against edges of an image.
#include "stages/alignment/boundary_match.h"

#include <gtest/gtest.h>

#include "stages/alignment/alignment.h"
#include "tests/stages/alignment/alignment_scene.h"

namespace nadir {
namespace {

using test::Image;
using Text = std::string;

Transform align(const Image& image, const SurveyPtr& survey, ParamMap params = {}) {
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), params, {&image}, {Value{}, survey}));
}

// The fields with one class, as polygons or as the lines around them.
SurveyPtr outlines(const Grid& grid, Shape shape) {
  Survey survey = *test::fields_survey(grid);
  for (Feature& f : survey.features) {
    f.class_id = 1;
    f.shape = shape;
    if (shape == Shape::line) f.parts[0].push_back(f.parts[0][0]);
  }
  return std::make_shared<const Survey>(std::move(survey));
}

Text fact(const Transform& t, const Text& name) {
  const Scalar* value = t.facts.find(name);
  return value && std::holds_alternative<Text>(*value) ? std::get<Text>(*value) : "";
}

TEST(BoundaryMatch, finds_a_shift_between_pixels_with_one_class) {
  for (const Shape shape : {Shape::polygon, Shape::line})
    for (const Point shift : {Point{3, -2}, Point{-7.4, 5.3}, Point{0.5, 0.25}}) {
      const Image image = test::fields_image(300, 280, shift.x, shift.y);
      const Transform t = align(image, outlines(image.info.grid, shape));
      EXPECT_TRUE(t.reliable) << fact(t, "reason");
      EXPECT_EQ(fact(t, "method"), "boundaries");
      EXPECT_NEAR(t.pixel[0], shift.x, 0.1);
      EXPECT_NEAR(t.pixel[3], shift.y, 0.1);
    }
}

TEST(BoundaryMatch, works_around_nodata) {
  Image image = test::fields_image(300, 280, 3, -2);
  image.invalidate({0, 0, 60, 280});
  image.invalidate({150, 100, 40, 40});
  const Transform t = align(image, outlines(image.info.grid, Shape::polygon));
  EXPECT_NEAR(t.pixel[0], 3, 0.15);
  EXPECT_NEAR(t.pixel[3], -2, 0.15);
}

TEST(BoundaryMatch, does_not_mind_the_contrast) {
  const Image image = test::fields_image(300, 280, 3, -2);
  const Image inverted =
      test::make_image(300, 280, 3, [&](int b, int x, int y) { return 255 - double(image(b, x, y)); });
  const SurveyPtr survey = outlines(image.info.grid, Shape::polygon);
  for (const std::size_t i : {0, 3}) EXPECT_NEAR(align(image, survey).pixel[i], align(inverted, survey).pixel[i], 1e-4);
}

TEST(BoundaryMatch, does_not_mind_what_the_survey_holds_far_from_the_scene) {
  const Image image = test::fields_image(300, 280, 3, -2);
  const Grid& grid = image.info.grid;
  const SurveyPtr survey = outlines(grid, Shape::polygon);
  Survey country = *survey;
  for (int i = 0; i < 100; ++i)
    country.features.insert(
        country.features.begin(),
        {"road", 1, Shape::line, {{grid.to_map(5000, 1000 * i), grid.to_map(105000, 1000 * i)}}, false});
  EXPECT_EQ(align(image, std::make_shared<const Survey>(country)).pixel, align(image, survey).pixel);
  // One line that begins in the scene and goes on for long is seen where the scene is.
  country = *survey;
  country.features.push_back({"road", 1, Shape::line, {{grid.to_map(290, 140), grid.to_map(1e7, 140)}}, false});
  const Transform t = align(image, std::make_shared<const Survey>(country));
  EXPECT_TRUE(t.reliable) << fact(t, "reason");
  EXPECT_NEAR(t.pixel[0], 3, 0.1);
  EXPECT_NEAR(t.pixel[3], -2, 0.1);
}

TEST(BoundaryMatch, refuses_an_image_of_something_else) {
  const Image texture = test::make_texture(300, 280, 3, 4);
  const Transform t = align(texture, outlines(texture.info.grid, Shape::polygon));
  EXPECT_FALSE(t.reliable);
  EXPECT_EQ(t.pixel, Transform{}.pixel);
  const Image flat = test::make_image(200, 180, 2, [](int, int, int) { return 5; });
  EXPECT_FALSE(align(flat, outlines(flat.info.grid, Shape::polygon)).reliable);
}

}  // namespace
}  // namespace nadir
