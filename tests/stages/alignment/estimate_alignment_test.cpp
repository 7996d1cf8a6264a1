#include <gtest/gtest.h>

#include "pipeline/core/error.h"
#include "stages/alignment/alignment.h"
#include "tests/stages/alignment/alignment_scene.h"

namespace nadir {
namespace {

using test::Image;

Transform against_survey(const Image& image, SurveyPtr survey, const ParamMap& params = {}) {
  return std::get<Transform>(
      test::estimate(estimate_alignment_stage(), params, {&image}, {Value{}, std::move(survey)}));
}

Transform against_reference(const Image& image, const Image& reference, ParamMap params = {}) {
  params["method"] = std::string("phase");
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), params, {&image, nullptr, &reference}));
}

std::string reason(const Transform& t) {
  const Scalar* found = t.facts.find("reason");
  return found ? std::get<std::string>(*found) : "";
}

void expect_identity(const Transform& t) { EXPECT_EQ(t.pixel, Transform{}.pixel); }

void expect_shift(const Transform& t, double x, double y, double tolerance_px) {
  EXPECT_TRUE(t.reliable) << reason(t);
  EXPECT_TRUE(t.is_shift());
  EXPECT_NEAR(t.pixel[0], x, tolerance_px);
  EXPECT_NEAR(t.pixel[3], y, tolerance_px);
}

class KnownShift : public testing::TestWithParam<std::pair<double, double>> {};

TEST_P(KnownShift, is_found_against_a_survey_within_a_tenth_of_a_pixel) {
  const auto [dx, dy] = GetParam();
  const Image image = test::fields_image(300, 280, dx, dy);
  expect_shift(against_survey(image, test::fields_survey(image.info.grid)), dx, dy, 0.1);
}

TEST_P(KnownShift, is_found_against_a_reference_within_a_twentieth_of_a_pixel) {
  const auto [dx, dy] = GetParam();
  expect_shift(against_reference(test::fields_image(300, 280, dx, dy), test::fields_image(300, 280, 0, 0)), dx, dy,
               0.05);
}

INSTANTIATE_TEST_SUITE_P(Shifts, KnownShift,
                         testing::Values(std::pair{4.0, 0.0}, std::pair{-2.3, 1.7}, std::pair{0.5, -0.4},
                                         std::pair{-17.25, 21.6}));

TEST(EstimateAlignment, finds_a_small_rotation_and_scale_when_asked_to) {
  const double turn = 1.2 * 3.14159265358979 / 180, scale = 1.008;
  const Point centre{150, 140}, shift{4.3, -2.6};
  // The image shows at p what the survey has at q = centre + R^-1 (p - centre - shift) / scale.
  const Image straight = test::fields_image(300, 280, 0, 0);
  const Image image = test::make_image(300, 280, 3, [&](int b, int x, int y) {
    double sum = 0;
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 4; ++i) {
        const double dx = (x + (i + 0.5) / 4 - centre.x - shift.x) / scale;
        const double dy = (y + (j + 0.5) / 4 - centre.y - shift.y) / scale;
        sum += test::landscape(b, centre.x + std::cos(turn) * dx + std::sin(turn) * dy,
                               centre.y - std::sin(turn) * dx + std::cos(turn) * dy);
      }
    return sum / 16;
  });
  const Transform t =
      against_survey(image, test::fields_survey(straight.info.grid), {{"model", std::string("similarity")}});
  EXPECT_TRUE(t.reliable) << reason(t);
  for (const Point& p : {Point{20, 20}, Point{280, 20}, Point{150, 140}, Point{20, 260}, Point{280, 260}}) {
    const double dx = scale * (p.x - centre.x), dy = scale * (p.y - centre.y);
    const Point found = t.source(p.x, p.y);
    EXPECT_NEAR(found.x, centre.x + shift.x + std::cos(turn) * dx - std::sin(turn) * dy, 0.4) << p.x << "," << p.y;
    EXPECT_NEAR(found.y, centre.y + shift.y + std::sin(turn) * dx + std::cos(turn) * dy, 0.4) << p.x << "," << p.y;
  }
}

TEST(EstimateAlignment, leaves_an_image_alone_that_lies_where_it_should) {
  const Image image = test::fields_image(200, 180, 0, 0);
  const Transform t = against_survey(image, test::fields_survey(image.info.grid));
  EXPECT_TRUE(t.reliable);
  expect_identity(t);
  EXPECT_NE(reason(t), "");
  EXPECT_EQ(t.facts.find("warning"), nullptr);
}

TEST(EstimateAlignment, works_around_nodata_and_with_polygons_that_reach_outside_of_the_scene) {
  Image image = test::fields_image(300, 280, 3, -2);
  const SurveyPtr survey = test::fields_survey(image.info.grid);
  image.invalidate({0, 0, 60, 280});
  image.invalidate({150, 100, 40, 40});
  expect_shift(against_survey(image, survey), 3, -2, 0.1);
  image.info.grid = image.info.grid.shifted(40, 0);  // the survey now begins 40 columns west of the image
  const Transform west = against_survey(image, survey, {{"max_shift_px", std::int64_t{48}}});
  EXPECT_NEAR(west.pixel[0], west.reliable ? 43 : 0, 0.2);
}

TEST(EstimateAlignment, does_not_mind_what_the_survey_holds_far_from_the_scene) {
  const Image image = test::fields_image(300, 280, 3.2, -2.1);
  const SurveyPtr survey = test::fields_survey(image.info.grid);
  Survey country;
  country.classes = survey->classes;
  for (std::size_t i = 0; i < survey->features.size(); ++i) {
    country.features.push_back(survey->features[i]);
    if (i % 3 != 0) continue;
    country.features.push_back(survey->features[i]);
    for (Point& p : country.features.back().parts[0]) p.x -= 90000;
  }
  const Transform here = against_survey(image, survey);
  const Transform all = against_survey(image, std::make_shared<const Survey>(country));
  EXPECT_EQ(all.pixel, here.pixel);
  EXPECT_EQ(*all.facts.find("standard_error_px"), *here.facts.find("standard_error_px"));
}

TEST(EstimateAlignment, uses_a_survey_whose_classes_are_dissolved_into_one_feature_each) {
  const Image image = test::fields_image(300, 280, 3, -2);
  const SurveyPtr survey = test::fields_survey(image.info.grid);
  Survey dissolved;
  dissolved.classes = survey->classes;
  for (std::uint16_t id = 1; id <= 4; ++id) dissolved.features.push_back({"", id, Shape::polygon, {}, false});
  for (const Feature& f : survey->features) dissolved.features[f.class_id - 1u].parts.push_back(f.parts[0]);
  expect_shift(against_survey(image, std::make_shared<const Survey>(dissolved)), 3, -2, 0.1);
}

TEST(EstimateAlignment, never_moves_an_image_on_noise) {
  const Image texture = test::make_texture(300, 280, 3, 4);
  const Transform t = against_survey(texture, test::fields_survey(texture.info.grid));
  EXPECT_FALSE(t.reliable);
  expect_identity(t);
  ASSERT_NE(t.facts.find("warning"), nullptr);
  EXPECT_EQ(std::get<std::string>(*t.facts.find("warning")), reason(t));
  const Image noise = test::make_image(300, 280, 1, [](int, int x, int y) {
    return double((unsigned(x) * 73856093u ^ unsigned(y) * 19349663u) * 2654435761u >> 16);
  });
  const Transform unrelated = against_reference(noise, texture);
  EXPECT_FALSE(unrelated.reliable);
  expect_identity(unrelated);
}

TEST(EstimateAlignment, says_why_nothing_can_be_found) {
  const Image flat = test::make_image(200, 180, 2, [](int, int, int) { return 5; });
  const SurveyPtr survey = test::fields_survey(flat.info.grid);
  for (const Transform& t : {against_survey(flat, survey), against_reference(flat, flat)}) {
    EXPECT_FALSE(t.reliable);
    expect_identity(t);
    EXPECT_NE(reason(t).find("contrast"), std::string::npos) << reason(t);
  }
  Survey one = *survey;
  for (Feature& f : one.features) f.class_id = 1;
  const Image fields = test::fields_image(200, 180, 0, 0);
  const Transform t =
      against_survey(fields, std::make_shared<const Survey>(one), {{"method", std::string("mutual_information")}});
  EXPECT_NE(reason(t).find("one class"), std::string::npos) << reason(t);
  for (Feature& f : one.features) f.shape = Shape::point;
  const Transform points = against_survey(fields, std::make_shared<const Survey>(one));
  EXPECT_NE(reason(points).find("no outlines"), std::string::npos) << reason(points);
}

TEST(EstimateAlignment, does_not_trust_a_shift_on_the_edge_of_the_search) {
  const Image image = test::fields_image(300, 280, 9, 0);
  const Transform t = against_survey(image, test::fields_survey(image.info.grid), {{"max_shift_px", std::int64_t{8}}});
  EXPECT_FALSE(t.reliable);
  expect_identity(t);
}

TEST(EstimateAlignment, stops_the_scene_where_that_is_asked_for) {
  const Image flat = test::make_image(200, 180, 2, [](int, int, int) { return 5; });
  EXPECT_THROW(against_survey(flat, test::fields_survey(flat.info.grid), {{"on_failure", "stop"}}), Error);
}

TEST(EstimateAlignment, leaves_held_out_features_unseen) {
  const Image image = test::fields_image(300, 280, 3, -2);
  Survey survey = *test::fields_survey(image.info.grid);
  for (Feature& f : survey.features) f.test = true;
  const auto shared = std::make_shared<const Survey>(survey);
  EXPECT_FALSE(against_survey(image, shared).reliable);
  expect_shift(against_survey(image, shared, {{"features", "all"}}), 3, -2, 0.1);
}

TEST(EstimateAlignment, allows_for_a_reference_with_another_origin) {
  const Image image = test::fields_image(300, 280, 0, 0);
  // The reference shows the landscape 19.6 px further left and 19.7 px further down than the image does. Its origin
  // lies there too, but for (2.5, -1.25) px by which image and reference then disagree.
  Image reference = test::fields_image(240, 230, -19.6, 19.7);
  reference.info.grid.geotransform = image.info.grid.shifted(19.6 + 2.5, -19.7 - 1.25).geotransform;
  expect_shift(against_reference(image, reference), -2.5, 1.25, 0.05);
}

TEST(EstimateAlignment, refuses_a_reference_that_does_not_fit) {
  const Image image = test::fields_image(100, 100, 0, 0);
  const auto with_grid = [&](const Grid& grid) {
    Image other = test::fields_image(100, 100, 0, 0);
    other.info.grid = grid;
    return against_reference(image, other);
  };
  const Grid grid = image.info.grid;
  EXPECT_NO_THROW(with_grid(grid));
  EXPECT_THROW(with_grid(grid.shifted(80, 0)), Error);
  EXPECT_THROW(with_grid(grid.scaled(1, 2, {100, 100})), Error);
  Grid here = grid, there = grid;
  here.crs_wkt = "A";
  there.crs_wkt = "B";
  Image known = test::fields_image(100, 100, 0, 0), other = test::fields_image(100, 100, 0, 0);
  known.info.grid = here;
  other.info.grid = there;
  EXPECT_THROW(against_reference(known, other), Error);
}

TEST(EstimateAlignment, refuses_methods_whose_input_is_not_wired) {
  const Image image = test::fields_image(100, 100, 0, 0);
  EXPECT_THROW(test::estimate(estimate_alignment_stage(), {}, {&image}), Error);
  EXPECT_THROW(test::estimate(estimate_alignment_stage(), {{"method", "phase"}}, {&image}), Error);
}

TEST(EstimateAlignment, leaves_masked_pixels_out_by_every_method_that_sees_the_image) {
  const Image truth = test::fields_image(300, 280, 0, 0), elsewhere = test::fields_image(300, 280, -9, 7);
  const SurveyPtr survey = test::fields_survey(truth.info.grid);
  const Window cloud{0, 0, 130, 280};
  Image cloudy = test::fields_image(300, 280, 3, -2), holed = test::fields_image(300, 280, 3, -2);
  copy_pixels(elsewhere.tile.view(), cloudy.tile.view(), cloud);
  holed.invalidate(cloud);
  const Image mask = test::make_image(300, 280, 1, [&](int, int x, int) { return x < cloud.width ? 1 << 3 : 1; });
  for (const char* method : {"mutual_information", "boundaries", "phase"}) {
    ParamMap params{{"method", std::string(method)}};
    const bool by_reference = params["method"] == ParamValue(std::string("phase"));
    const std::vector<Value> values{Value{}, by_reference ? Value{} : Value{survey}};
    const auto found = [&](const Image& image, const Image* clouds) {
      if (clouds) params["mask_bits"] = std::vector<double>{3};
      return std::get<Transform>(test::estimate(estimate_alignment_stage(), params,
                                                {&image, nullptr, by_reference ? &truth : nullptr, clouds}, values));
    };
    const Transform expected = found(holed, nullptr), unaware = found(cloudy, nullptr), aware = found(cloudy, &mask);
    EXPECT_TRUE(aware.reliable) << method << ": " << reason(aware);
    EXPECT_EQ(aware.pixel, expected.pixel) << method;
    EXPECT_NE(unaware.pixel, expected.pixel) << method;
  }
}

TEST(EstimateAlignment, refuses_options_that_cannot_count) {
  const Image image = test::fields_image(100, 100, 0, 0),
              mask = test::make_image(100, 100, 1, [](int, int, int) { return 0; });
  const SurveyPtr survey = test::fields_survey(image.info.grid);
  Survey points;
  for (int i = 0; i < 5; ++i) points.control_points.push_back({"p", {500000.0 + 100 * i, 4599500}, {10.0 * i, 50}, {}});
  const auto with = [&](ParamMap params, const Image* clouds, const SurveyPtr& truth) {
    return std::get<Transform>(
        test::estimate(estimate_alignment_stage(), params, {&image, nullptr, &image, clouds}, {Value{}, truth}));
  };
  for (const char* method : {"mutual_information", "boundaries", "phase"})
    for (const char* model : {"affine", "thin_plate"})
      EXPECT_THROW(with({{"method", std::string(method)}, {"model", std::string(model)}}, nullptr, survey), Error);
  EXPECT_THROW(with({{"method", std::string("phase")}, {"model", std::string("similarity")}}, nullptr, survey), Error);
  EXPECT_THROW(with({{"model", std::string("affine")}}, nullptr, survey), Error) << "auto is mutual_information here";
  EXPECT_THROW(with({{"mask_bits", std::vector<double>{3}}}, nullptr, survey), Error);
  const auto surveyed = std::make_shared<const Survey>(points);
  EXPECT_THROW(with({{"method", std::string("control_points")}}, &mask, surveyed), Error);
  const Transform by_points = with({}, &mask, surveyed);
  EXPECT_NE(std::get<std::string>(*by_points.facts.find("method_reason")).find("mask"), std::string::npos);
}

TEST(EstimateAlignment, judges_the_model_only_when_the_method_is_known) {
  const Image image = test::fields_image(300, 280, 0, 0);
  const ParamMap params{{"model", std::string("affine")}};  // fine if the survey will hold control points
  StageContext context;
  context.params = &params;
  context.images = {image.info, std::nullopt, image.info, std::nullopt};
  context.values.resize(4);
  context.wired = {true, true, true, false};
  EXPECT_NO_THROW(estimate_alignment_stage().as<EstimateFactory>()->make(context));
}

TEST(EstimateAlignment, refuses_a_search_without_room) {
  const StageInfo info = estimate_alignment_stage();
  for (const std::int64_t bad : {0, 513}) {
    ParamValue value = bad;
    EXPECT_TRUE(check(*find_param(info.params, "max_shift_px"), value));
  }
}

TEST(EstimateAlignment, can_be_switched_off) {
  const Image image = test::fields_image(100, 100, 0, 0);
  const auto t = std::get<Transform>(test::estimate(estimate_alignment_stage(), {{"method", "none"}}, {&image}));
  EXPECT_TRUE(t.reliable);
  expect_identity(t);
  EXPECT_NE(reason(t).find("off"), std::string::npos);
}

TEST(EstimateAlignment, plans_for_the_whole_scene_while_the_survey_is_not_known) {
  const Image image = test::fields_image(300, 280, 0, 0);
  const ParamMap params;
  StageContext context;
  context.params = &params;
  context.images = {image.info, std::nullopt, std::nullopt};
  context.values.resize(3);
  context.wired = {true, true, false};
  const auto stage = estimate_alignment_stage().as<EstimateFactory>()->make(context);
  std::int64_t area = 0;
  for (const Window& w : stage->blocks()) area += w.area();
  EXPECT_EQ(area, 300 * 280);
}

TEST(EstimateAlignment, looks_only_at_blocks_near_the_survey) {
  const Image image = test::fields_image(1100, 600, 0, 0);
  Survey survey = *test::fields_survey(image.info.grid);
  survey.features.resize(1);
  const ParamMap params;
  StageContext context;
  context.params = &params;
  context.images = {image.info, std::nullopt, std::nullopt};
  context.values = {Value{}, std::make_shared<const Survey>(survey), Value{}};
  const auto stage = estimate_alignment_stage().as<EstimateFactory>()->make(context);
  EXPECT_EQ(stage->blocks(), (std::vector<Window>{{0, 0, 256, 256}}));
}

}  // namespace
}  // namespace nadir
