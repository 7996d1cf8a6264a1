#include "stages/metrics/confusion.h"

#include <gtest/gtest.h>

#include "pipeline/core/error.h"
#include "stages/metrics/metrics.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

// Rows: truth. Hand-checked: 70 of 100 right, chance agreement 0.44.
Confusion example() {
  Confusion c({"a", "b", "never seen"});
  c.add(0, 0, 50);
  c.add(0, 1, 20);
  c.add(1, 0, 10);
  c.add(1, 1, 20);
  c.add_unclassified(1, 3);
  return c;
}

TEST(Confusion, rates_follow_from_counts_that_can_be_checked_by_hand) {
  const Confusion c = example();
  const double chance = 0.7 * 0.6 + 0.3 * 0.4;
  EXPECT_DOUBLE_EQ(overall_accuracy(c), 0.7);
  EXPECT_DOUBLE_EQ(kappa(c), (0.7 - chance) / (1 - chance));
  const Record r = summarize(c);
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(*r.find("precision"))[0], 50.0 / 60);
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(*r.find("recall"))[0], 50.0 / 70);
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(*r.find("f1"))[1], 40.0 / 70);
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(*r.find("iou"))[1], 20.0 / 50);
  EXPECT_DOUBLE_EQ(r.number("miou", 0), (50.0 / 80 + 20.0 / 50) / 2);
  EXPECT_EQ(r.number("samples", 0), 100);
  EXPECT_EQ(r.number("unclassified", 0), 3);
}

// Congalton, A review of assessing the accuracy of classifications of remotely sensed data, Remote Sensing of
// Environment 37 (1991), table 1. Rows: map (deciduous, conifer, agriculture, shrub); columns: reference.
TEST(Confusion, rates_of_a_published_matrix_are_the_published_ones) {
  const std::int64_t counts[4][4] = {{65, 4, 22, 24}, {6, 81, 5, 8}, {0, 11, 85, 19}, {4, 7, 3, 90}};
  Confusion c({"deciduous", "conifer", "agriculture", "shrub"});
  for (std::size_t map = 0; map < 4; ++map)
    for (std::size_t truth = 0; truth < 4; ++truth) c.add(truth, map, counts[map][truth]);
  EXPECT_EQ(c.samples(), 434);
  EXPECT_EQ(c.correct(), 321);
  EXPECT_NEAR(overall_accuracy(c), 0.74, 0.005);
  const double users[]{0.57, 0.81, 0.74, 0.87}, producers[]{0.87, 0.79, 0.74, 0.64};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(precision(c)[k], users[k], 0.0051) << k;
    EXPECT_NEAR(recall(c)[k], producers[k], 0.0051) << k;
  }
  // By hand: chance = (115 x 75 + 100 x 103 + 115 x 115 + 104 x 141) / 434^2.
  const double chance = (115 * 75 + 100 * 103 + 115 * 115 + 104 * 141) / (434.0 * 434);
  EXPECT_NEAR(kappa(c), (321 / 434.0 - chance) / (1 - chance), 1e-12);
  EXPECT_NEAR(kappa(c), 0.65, 0.005);
}

TEST(Confusion, means_over_classes_are_plain_or_by_true_pixels) {
  const Confusion c = example();
  const Means m = means_of(c, recall(c));
  EXPECT_DOUBLE_EQ(m.macro, (50.0 / 70 + 20.0 / 30) / 2);
  EXPECT_DOUBLE_EQ(m.weighted, 0.7);
}

TEST(Confusion, an_empty_matrix_gives_zeros_and_no_nan) {
  const Record r = summarize(Confusion({"a", "b"}));
  EXPECT_EQ(r.number("overall_accuracy", -1), 0);
  EXPECT_EQ(r.number("kappa", -1), 0);
  EXPECT_EQ(r.number("miou", -1), 0);
}

TEST(Confusion, a_perfect_map_of_one_class_has_kappa_one) {
  Confusion c({"a"});
  c.add(0, 0, 5);
  EXPECT_EQ(kappa(c), 1);
}

TEST(Interval, of_wilson_is_that_of_the_textbook_and_stays_inside_zero_and_one) {
  const Interval half = wilson_interval(5, 10);
  EXPECT_NEAR(half.low, 0.2366, 1e-4);
  EXPECT_NEAR(half.high, 0.7634, 1e-4);
  EXPECT_DOUBLE_EQ(wilson_interval(10, 10).high, 1);
  EXPECT_NEAR(wilson_interval(0, 10).low, 0, 1e-12);
}

TEST(Interval, by_feature_is_wider_than_by_pixel_when_whole_features_are_wrong) {
  const Interval clustered = clustered_interval({{100, 100}, {100, 100}, {100, 100}, {0, 100}});
  const Interval by_pixel = wilson_interval(300, 400);
  EXPECT_LT(clustered.low, by_pixel.low);
  EXPECT_GT(clustered.high, by_pixel.high);
  EXPECT_EQ(clustered_interval({{1, 2}}).low, 0);
}

Survey two_fields() {
  const auto box = [](double left, double right) {
    return std::vector<std::vector<Point>>{{{500000 + 10 * left, 4600000.0},
                                            {500000 + 10 * right, 4600000.0},
                                            {500000 + 10 * right, 4600000.0 - 40},
                                            {500000 + 10 * left, 4600000.0 - 40}}};
  };
  Survey s;
  s.classes = {{1, "wheat", {}}, {2, "water", {}}};
  s.features = {{"w", 1, Shape::polygon, box(0, 4), false}, {"l", 2, Shape::polygon, box(4, 8), false}};
  return s;
}

// Mask ids differ from survey ids on purpose.
test::Image mask() {
  test::Image image = test::make_image(8, 4, 1, [](int, int x, int) { return x < 5 ? 7 : 9; });
  image.info.classes = {{7, "wheat", {}}, {9, "water", {}}};
  return image;
}

Record assess(const test::Image& labels, const Survey& survey, const ParamMap& params = {}) {
  return std::get<Record>(test::estimate(assess_stage(), params, {&labels, nullptr, nullptr},
                                         {Value{}, std::make_shared<const Survey>(survey)}));
}

TEST(Assess, matches_classes_by_name_and_counts_invalid_pixels_apart) {
  test::Image labels = mask();
  labels.invalidate({0, 0, 1, 1});
  const Record r = assess(labels, two_fields());
  EXPECT_EQ(r.number("samples", 0), 31);
  EXPECT_EQ(r.number("unclassified", 0), 1);
  EXPECT_DOUBLE_EQ(r.number("overall_accuracy", 0), 27.0 / 31);
}

TEST(Assess, judges_by_test_features_and_says_so_when_there_are_none) {
  Survey survey = two_fields();
  EXPECT_NE(assess(mask(), survey).find("warning"), nullptr);
  survey.features[1].test = true;
  const Record held_out = assess(mask(), survey);
  EXPECT_EQ(held_out.find("warning"), nullptr);
  EXPECT_EQ(held_out.number("samples", 0), 16);
  EXPECT_EQ(assess(mask(), survey, {{"features", "train"}}).number("overall_accuracy", 0), 1);
  EXPECT_EQ(assess(mask(), survey, {{"features", "all"}}).number("samples", 0), 32);
}

TEST(Assess, estimates_areas_from_the_whole_mask) {
  const Record r = assess(mask(), two_fields(), {{"areas", true}});
  const auto mapped = std::get<std::vector<double>>(*r.find("area_mapped_pixels"));
  EXPECT_EQ(mapped, (std::vector<double>{20, 12}));
  // Of 20 pixels mapped as wheat 4 are water.
  EXPECT_NEAR(std::get<std::vector<double>>(*r.find("area_share"))[0], 20.0 / 32 * 16 / 20, 1e-12);
  EXPECT_EQ(assess(mask(), two_fields()).find("area_share"), nullptr);
}

std::string why_no_mask(const test::Image& labels, const test::Image& reference) {
  try {
    test::estimate(assess_stage(), {}, {&labels, nullptr, &reference});
    return "";
  } catch (const Error& e) {
    return e.fault() == Fault::data ? e.what() : "another fault";
  }
}

TEST(Assess, takes_no_image_of_confidences_or_of_many_bands_for_a_mask) {
  const test::Image rated = test::make_image(9, 4, 2, [](int b, int x, int) { return b ? 0.9 : 1 + x % 2; });
  EXPECT_EQ(why_no_mask(rated, rated), "");
  const test::Image confidence = test::make_image(9, 4, 1, [](int, int, int) { return 0.97; });
  EXPECT_NE(why_no_mask(confidence, rated).find("the mask holds 0.97"), std::string::npos);
  EXPECT_NE(why_no_mask(rated, confidence).find("the reference holds 0.97"), std::string::npos);
  const test::Image scene = test::make_image(9, 4, 4, [](int, int x, int) { return 1 + x % 2; });
  EXPECT_NE(why_no_mask(scene, rated).find("the mask has 4 bands"), std::string::npos);
  EXPECT_NE(why_no_mask(rated, scene).find("the reference has 4 bands"), std::string::npos);
}

Record assess_by_mask(const test::Image& labels, const test::Image& reference) {
  return std::get<Record>(test::estimate(assess_stage(), {}, {&labels, nullptr, &reference}));
}

TEST(Assess, judges_by_another_mask_where_both_lie_and_ids_differ) {
  test::Image reference = test::make_image(9, 4, 1, [](int, int x, int) { return x < 5 ? 1 : 2; });
  reference.info.classes = {{1, "wheat", {}}, {2, "water", {}}};
  reference.info.grid.geotransform[0] -= 10;  // one pixel to the west, one column more
  reference.invalidate({1, 0, 1, 1});
  const Record r = assess_by_mask(mask(), reference);
  EXPECT_EQ(r.number("samples", 0), 31);
  EXPECT_DOUBLE_EQ(r.number("overall_accuracy", 0), 27.0 / 31);
  EXPECT_EQ(r.find("warning"), nullptr);
}

TEST(Assess, refuses_a_mask_of_other_pixels) {
  test::Image reference = mask();
  reference.info.grid.geotransform[0] += 5;
  EXPECT_THROW(assess_by_mask(mask(), reference), Error);
  reference.info.grid.geotransform[0] += 10005;
  EXPECT_THROW(assess_by_mask(mask(), reference), Error);
}

TEST(Assess, refuses_a_reference_in_another_reference_system) {
  test::Image labels = mask(), reference = mask();
  reference.info.grid.crs_wkt = "LOCAL_CS[\"theirs\"]";
  EXPECT_NO_THROW(assess_by_mask(labels, reference));
  labels.info.grid.crs_wkt = "GEOGCS[\"ours\"]";
  EXPECT_THROW(assess_by_mask(labels, reference), Error);
}

TEST(Assess, refuses_a_survey_whose_class_names_the_mask_does_not_know) {
  Survey survey = two_fields();
  survey.classes[0].name = "Weizen";
  survey.classes[1].name = "Wasser";
  EXPECT_THROW(assess(mask(), survey), Error);
}

TEST(Assess, tells_features_of_another_split_from_a_survey_beside_the_mask) {
  Survey survey = two_fields();
  Feature away = survey.features[0];
  away.test = true;
  for (Point& p : away.parts[0]) p.x += 1e6;
  survey.features.push_back(away);
  try {
    assess(mask(), survey);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("no feature kept for testing"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("2 training features do; set features: all"), std::string::npos) << e.what();
    EXPECT_EQ(std::string(e.what()).find("check that they overlap"), std::string::npos) << e.what();
  }
}

TEST(Assess, refuses_a_survey_beside_the_mask) {
  Survey survey = two_fields();
  for (Feature& f : survey.features)
    for (Point& p : f.parts[0]) p.x += 1e6;
  EXPECT_THROW(assess(mask(), survey), Error);
}

}  // namespace
}  // namespace nadir
