// Shifts found on real scenes: surveys moved by known amounts, and pairs of images with known offsets.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "io/io.h"
#include "stages/alignment/alignment.h"
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

Transform against_survey(const Image& image, const SurveyPtr& survey) {
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), {}, {&image}, {Value{}, survey}));
}

Transform against_reference(const Image& image, const Image& reference) {
  return std::get<Transform>(
      test::estimate(estimate_alignment_stage(), {{"method", "phase"}}, {&image, nullptr, &reference}));
}

std::string facts(const Transform& t) {
  std::string text;
  for (const auto& [name, value] : t.facts.fields()) {
    text += name + " ";
    if (const auto* v = std::get_if<double>(&value)) text += std::to_string(*v);
    if (const auto* v = std::get_if<std::int64_t>(&value)) text += std::to_string(*v);
    if (const auto* v = std::get_if<bool>(&value)) text += *v ? "true" : "false";
    if (const auto* v = std::get_if<std::string>(&value)) text += *v;
    if (const auto* v = std::get_if<std::vector<double>>(&value))
      for (const double d : *v) text += std::to_string(d) + " ";
    text += "; ";
  }
  return text;
}

struct Case {
  const char* name;
  const char* image;
  const char* survey;
  double test_fraction;
};

TEST(Probe, all) {
  for (const Case c : {Case{"chiapas", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif", "truth/chiapas_le7/training_data.shp", 0},
                       Case{"chiapas", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif", "truth/chiapas_le7/training_data.shp", 0.5},
                       Case{"para", "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif", "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg", 0},
                       Case{"para", "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif", "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg", 0.5},
                       Case{"aber", "truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif", "truth/aber_s2/truth_polygons.gpkg", 0},
                       Case{"aber", "truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif", "truth/aber_s2/truth_polygons.gpkg", 0.5}}) {
    const Image image = read_image(test::data_path(c.image));
    const SurveyPtr survey = read_survey(test::data_path(c.survey), image.info.grid, c.test_fraction);
    for (const Point m : {Point{0, 0}, Point{4, 0}, Point{-3.3, 7.6}, Point{20, -15.5}}) {
      const auto start = clock();
      const Transform t = against_survey(image, moved(*survey, m.x * image.info.grid.gsd_x(), -m.y * image.info.grid.gsd_y()));
      std::cout << c.name << " " << c.test_fraction << " moved " << m.x << "," << m.y << ": " << t.pixel[0] << " " << t.pixel[3] << " | " << facts(t) << double(clock() - start) / CLOCKS_PER_SEC << " s\n";
    }
  }
}

TEST(Probe, nulls) {
  for (const Case c : {Case{"chiapas", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif", "truth/chiapas_le7/training_data.shp", 0},
                       Case{"chiapas", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif", "truth/chiapas_le7/training_data.shp", 0.5},
                       Case{"para", "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif", "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg", 0},
                       Case{"para", "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif", "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg", 0.5},
                       Case{"aber", "truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif", "truth/aber_s2/truth_polygons.gpkg", 0.5}}) {
    const Image image = read_image(test::data_path(c.image));
    const SurveyPtr survey = read_survey(test::data_path(c.survey), image.info.grid, c.test_fraction);
    int reliable = 0, n = 0;
    std::string sigmas, zs;
    for (int dy = -90; dy <= 90; dy += 36)
      for (int dx = -90; dx <= 90; dx += 36) {
        if (std::max(std::abs(dx), std::abs(dy)) < 40) continue;
        const Transform t = against_survey(image, moved(*survey, dx * image.info.grid.gsd_x(), dy * image.info.grid.gsd_y()));
        reliable += t.reliable, ++n;
        sigmas += std::to_string(t.facts.number("standard_error_px", 99)).substr(0, 4) + "(" + std::to_string(t.facts.number("z_score", 99)).substr(0, 3) + ") ";
      }
    std::cout << c.name << " " << c.test_fraction << " null: " << reliable << " of " << n << " reliable; sigma (z) " << sigmas << "\n";
  }
}

TEST(Probe, pairs) {
  const std::pair<const char*, const char*> pairs[]{
      {"coreg/exact_shift_same_band/tgt.tif", "coreg/exact_shift_same_band/ref.tif"},
      {"coreg/aber_georef_offset/tgt_offset.tif", "coreg/aber_georef_offset/ref.tif"},
      {"coreg/chiapas_le7_1999_2002/LE70220492002106EDC00_stack.tif", "truth/chiapas_le7/LE70220491999322EDC01_stack.tif"},
      {"coreg/exact_affine_cross_band/tgt.tif", "coreg/exact_affine_cross_band/ref.tif"},
      {"coreg/exact_poly_warp/tgt.tif", "coreg/exact_poly_warp/ref.tif"},
      {"coreg/naip_4709963/m_4709963_se_14_1_20140720.tif", "coreg/naip_4709963/m_4709963_se_14_1_20150926.tif"},
      {"coreg/naip_4709963/m_4709963_se_14_1_20100629.tif", "coreg/naip_4709963/m_4709963_se_14_1_20150926.tif"},
      {"coreg/phr_gizeh_stereo/img2.tif", "coreg/phr_gizeh_stereo/img1.tif"}};
  for (const auto& [i, r] : pairs) {
    try {
      const auto start = clock();
      const Transform t = against_reference(read_image(test::data_path(i)), read_image(test::data_path(r)));
      std::cout << i << ": " << t.pixel[0] << " " << t.pixel[3] << " | " << facts(t) << double(clock() - start) / CLOCKS_PER_SEC << " s\n";
    } catch (const std::exception& e) {
      std::cout << i << ": " << e.what() << "\n";
    }
  }
}

}  // namespace
}  // namespace nadir
