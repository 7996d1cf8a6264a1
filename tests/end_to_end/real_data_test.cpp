// The main job on real scenes with real surveys.
#include <gtest/gtest.h>

#include <cmath>

#include "io/io.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;
using test::Sandbox;

struct Job {
  const char* name;
  const char* scene;
  const char* survey;
  double accuracy;
};

void PrintTo(const Job& job, std::ostream* out) { *out << job.name; }

class RealScenes : public ::testing::TestWithParam<Job> {};

TEST_P(RealScenes, landcover_reaches_the_accuracy_of_a_forest_on_raw_bands) {
  const Job job = GetParam();
  NADIR_NEEDS_DATA(scene, std::string("truth/") + job.scene);
  NADIR_NEEDS_DATA(survey, std::string("truth/") + job.survey);
  const Sandbox box;
  const Outcome run = box.nadir("run " + config("landcover") + " " + scene + " --truth " + survey + " --out out");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = box.json("out/run.json")["scenes"][0];
  const double accuracy = report["values"]["model"]["record"]["held_out_accuracy"].get<double>();
  RecordProperty("held_out_accuracy", std::to_string(accuracy));
  EXPECT_GE(accuracy, job.accuracy);
}

INSTANTIATE_TEST_SUITE_P(All, RealScenes,
                         ::testing::Values(Job{"para", "para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif",
                                               "para_l5_rstoolbox/trainingPolygons_lsat.gpkg", 0.99},
                                           Job{"chiapas", "chiapas_le7/LE70220491999322EDC01_stack.tif",
                                               "chiapas_le7/training_data.shp", 0.80}),
                         [](const auto& instance) { return instance.param.name; });

// The survey with every point moved east by so many pixels of the scene.
Survey moved_survey(const std::string& path, const Grid& grid, double east_px) {
  const Registry registry = test::everything();
  const StageInfo& reader = *registry.find("read_survey");
  const ParamMap params;
  StageContext context;
  context.node = "survey";
  context.params = &params;
  context.truth_path = path;
  context.scene_grid = &grid;
  Survey survey = *std::get<SurveyPtr>(reader.as<ValueFactory>()->make(context));
  for (Feature& f : survey.features)
    for (auto& part : f.parts)
      for (Point& p : part) p.x += east_px * grid.gsd_x();
  return survey;
}

TEST(Alignment, finds_a_moved_survey_back_and_accuracy_rises) {
  NADIR_NEEDS_DATA(scene, "truth/chiapas_le7/LE70220491999322EDC01_stack.tif");
  NADIR_NEEDS_DATA(survey, "truth/chiapas_le7/training_data.shp");
  configure_io(std::size_t{64} << 20);
  const Sandbox box;
  ImageInfo info;
  read_whole(scene, &info);
  const double east_px = 4;
  write_survey_file(box.path("moved.gpkg"), moved_survey(survey, info.grid, east_px), "class");
  const std::string command = "run " + config("landcover") + " " + scene + " --truth moved.gpkg --out ";
  ASSERT_EQ(box.nadir(command + "on").exit_code, 0);
  ASSERT_EQ(box.nadir(command + "off --set shift.method=none").exit_code, 0);
  const auto on = box.json("on/run.json")["scenes"][0]["values"];
  const auto off = box.json("off/run.json")["scenes"][0]["values"];
  const auto shift = on["shift"]["record"]["shift_px"];
  EXPECT_NEAR(shift[0].get<double>(), -east_px, 0.5);
  EXPECT_NEAR(shift[1].get<double>(), 0, 0.5);
  EXPECT_GE(on["model"]["record"]["held_out_accuracy"].get<double>(),
            off["model"]["record"]["held_out_accuracy"].get<double>() + 0.10);
}

TEST(FullChain, super_resolution_beats_bicubic_by_a_decibel_and_masks_are_written) {
  NADIR_NEEDS_DATA(scene, "truth/para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif");
  NADIR_NEEDS_DATA(survey, "truth/para_l5_rstoolbox/trainingPolygons_lsat.gpkg");
  const Sandbox box;
  const Outcome run = box.nadir("run " + config("full_chain") + " " + scene + " --truth " + survey + " --out out");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto values = box.json("out/run.json")["scenes"][0]["values"];
  EXPECT_GE(values["score"]["record"]["psnr_gain_db"].get<double>(), 1.0);
  EXPECT_GE(values["accuracy"]["record"]["overall_accuracy"].get<double>(), 0.9);
  EXPECT_TRUE(std::filesystem::exists(box.path("out/rstoolbox_lsat_7b_u8/mask.tif")));
}

}  // namespace
}  // namespace nadir
