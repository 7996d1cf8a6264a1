// The program as scripts see it: exit codes, sentences, files.
#include <gtest/gtest.h>

#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;
using test::Sandbox;

class Program : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(box_.nadir("sample sample").exit_code, 0); }
  Sandbox box_;
};

TEST_F(Program, finishes_the_good_scenes_of_a_folder_and_names_the_bad_ones) {
  box_.shell(
      "mkdir in && for k in 1 2; do cp sample/scenes/west.tif in/w$k.tif; cp sample/scenes/east.tif in/e$k.tif; done; "
      "cp sample/scenes/south.tif in/s.tif; head -c 20000 in/w1.tif > in/truncated.tif; echo hello > in/text.tif");
  const Outcome run =
      box_.nadir("run " + config("landcover") + " in --truth sample/survey.gpkg --out out --set sharp.method=bicubic");
  EXPECT_EQ(run.exit_code, 1) << run.err;
  for (const char* name : {"w1", "w2", "e1", "e2", "s"})
    EXPECT_TRUE(std::filesystem::exists(box_.path("out/" + std::string(name) + "/mask.tif"))) << name << run.err;
  const auto report = box_.json("out/run.json");
  int failed = 0;
  for (const auto& scene : report["scenes"]) {
    if (scene["status"] != "failed") continue;
    ++failed;
    EXPECT_NE(scene["error"].get<std::string>().find(scene["name"].get<std::string>()), std::string::npos) << scene;
    EXPECT_FALSE(std::filesystem::exists(box_.path("out/" + scene["name"].get<std::string>() + "/mask.tif")));
  }
  EXPECT_EQ(failed, 2);
  EXPECT_NE(run.out.find("truncated"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("text"), std::string::npos) << run.out;
}

TEST_F(Program, a_second_run_finds_everything_complete_and_another_config_is_refused) {
  const std::string command = "run " + config("degrade") + " sample/scenes --out out";
  EXPECT_EQ(box_.nadir(command).exit_code, 0);
  const Outcome again = box_.nadir(command);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("already complete"), std::string::npos) << again.err;
  EXPECT_EQ(box_.nadir(command + " --memory 1GiB --set run.tile=128").exit_code, 0) << "outputs do not depend on these";
  const Outcome other = box_.nadir(command + " --set degraded.sigma_px=2");
  EXPECT_EQ(other.exit_code, 64);
  EXPECT_NE(other.err.find("another config"), std::string::npos) << other.err;
  EXPECT_EQ(box_.nadir(command + " --set degraded.sigma_px=2 --restart").exit_code, 0);
}

TEST_F(Program, exit_codes_say_what_kind_of_thing_went_wrong) {
  box_.write("bad.yaml", "nadir: 1\ngraph:\n  scene: {stage: read_geotif}\n");
  EXPECT_EQ(box_.nadir("validate bad.yaml").exit_code, 78);
  EXPECT_EQ(box_.nadir("validate " + config("landcover")).exit_code, 0);
  EXPECT_EQ(box_.nadir("run " + config("degrade") + " nowhere.tif --out out").exit_code, 66);
  EXPECT_EQ(box_.nadir("run " + config("landcover") + " sample/scenes --out out").exit_code, 64);
  EXPECT_EQ(box_.nadir("run " + config("landcover") + " sample/scenes --truth no.gpkg --out out").exit_code, 66);
  EXPECT_EQ(box_.nadir("frobnicate").exit_code, 64);
  EXPECT_EQ(box_.nadir("validate missing.yaml").exit_code, 66);
  box_.write("text.tif", "not an image");
  EXPECT_EQ(box_.nadir("run " + config("degrade") + " text.tif --out out2").exit_code, 65);
}

TEST_F(Program, asking_for_a_device_that_is_not_there_ends_with_69_and_a_sentence) {
  const Outcome run = box_.nadir("run " + config("degrade") + " sample/scenes --out out --device cuda");
  if (run.exit_code == 0) GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_EQ(run.exit_code, 69);
  EXPECT_NE(run.err.find("--device cpu"), std::string::npos) << run.err;
}

TEST_F(Program, plan_reads_no_pixel_and_agrees_with_the_run) {
  const Outcome plan =
      box_.nadir("plan " + config("landcover") + " sample/scenes/west.tif --truth sample/survey.gpkg --json");
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  const auto json = nlohmann::json::parse(plan.out);
  EXPECT_EQ(json[0]["grids"]["sharp"]["width"], 512);
  EXPECT_GE(json[0]["passes"].size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(box_.path("OUT")));
}

TEST_F(Program, refuses_to_put_one_scene_over_another_of_the_same_name) {
  ASSERT_EQ(box_.shell("mkdir a b && cp sample/scenes/west.tif a/s.tif && cp sample/scenes/east.tif b/s.tif").exit_code,
            0);
  ASSERT_EQ(box_.nadir("run " + config("copy") + " a/s.tif --out out").exit_code, 0);
  const std::string before = box_.text("out/s/out.tif");
  const Outcome other = box_.nadir("run " + config("copy") + " b/s.tif --out out");
  EXPECT_EQ(other.exit_code, 64);
  EXPECT_NE(other.err.find("out/s holds the results of " + box_.path("a/s.tif")), std::string::npos) << other.err;
  EXPECT_EQ(box_.text("out/s/out.tif"), before);
  ASSERT_EQ(box_.nadir("run " + config("copy") + " a b/s.tif --out out").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(box_.path("out/a_s/out.tif")));
  EXPECT_TRUE(std::filesystem::exists(box_.path("out/b_s/out.tif")));
  ASSERT_EQ(box_.shell("cp sample/scenes/south.tif a/s.tif").exit_code, 0);  // changed, and no other scene
  EXPECT_EQ(box_.nadir("run " + config("copy") + " a/s.tif --out out").exit_code, 0);
}

TEST_F(Program, a_shapefile_whose_reference_system_is_corrected_is_another_survey) {
  ASSERT_EQ(box_.shell("ogr2ogr -f 'ESRI Shapefile' survey.shp sample/survey.gpkg").exit_code, 0);
  const std::string run = "run " + config("classify") +
                          " sample/scenes/west.tif --truth survey.shp --out out --set model.method=maximum_likelihood"
                          " --set model.folds=0 --set survey.class_field=landcover";
  ASSERT_EQ(box_.nadir(run).exit_code, 0);
  EXPECT_EQ(box_.nadir(run).exit_code, 0);
  ASSERT_EQ(box_.shell("rm survey.prj").exit_code, 0);
  const Outcome other = box_.nadir(run);
  EXPECT_EQ(other.exit_code, 64);
  EXPECT_NE(other.err.find("another survey"), std::string::npos) << other.err;
}

TEST_F(Program, takes_a_scene_once_and_keeps_its_own_files_apart) {
  ASSERT_EQ(box_.shell("mkdir in && cp sample/scenes/west.tif in/run.json.tif").exit_code, 0);
  const Outcome run = box_.nadir("run " + config("copy") + " in/run.json.tif ./in/run.json.tif in/../in --out out");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  ASSERT_EQ(box_.json("out/run.json")["scenes"].size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(box_.path("out/run.json_2/out.tif")));
}

TEST_F(Program, refuses_to_write_results_among_the_scenes) {
  const Outcome run = box_.nadir("run " + config("copy") + " sample/scenes --out ./sample/scenes/");
  EXPECT_EQ(run.exit_code, 64);
  EXPECT_FALSE(std::filesystem::exists(box_.path("sample/scenes/run.json")));
}

TEST_F(Program, warns_of_results_without_a_valid_pixel_and_of_clipped_samples) {
  const std::string none = "run " + config("copy") + " sample/scenes/west.tif --out none --set scene.path=zero.tif";
  ASSERT_EQ(
      box_.shell("gdal_translate -q -ot Byte -scale 0 1 0 0 -a_nodata 0 sample/scenes/west.tif zero.tif").exit_code, 0);
  EXPECT_NE(box_.nadir(none).err.find("warning: west: out: holds no valid pixel"), std::string::npos);
  ASSERT_EQ(box_.shell("gdal_translate -q -ot UInt16 -scale 0 255 0 2550 sample/scenes/west.tif wide.tif").exit_code,
            0);
  const Outcome clipped = box_.nadir("run " + config("copy") + " wide.tif --out clipped --set out.type=u8");
  EXPECT_NE(clipped.err.find("% of the samples lie beyond the sample type u8"), std::string::npos) << clipped.err;
  EXPECT_EQ(box_.json("clipped/run.json")["scenes"][0]["warnings"].size(), 1U);
}

TEST_F(Program, prints_commands_that_a_shell_takes_as_they_are) {
  ASSERT_EQ(box_.shell("mkdir 'my scenes' && cp sample/scenes/west.tif \"my scenes/it's.tif\"").exit_code, 0);
  const Outcome plan = box_.nadir("plan " + config("degrade") + " 'my scenes' --out 'my out' --units 2");
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  for (const char* part : {"'my scenes'", "--out 'my out' --unit 2/2", "nadir finish"})
    EXPECT_NE(plan.out.find(part), std::string::npos) << plan.out;
  ASSERT_EQ(box_.nadir("run " + config("copy") + " \"my scenes/it's.tif\" --out 'my out'").exit_code, 0);
  const auto command = box_.json("my out/run.json")["command"].get<std::string>();
  EXPECT_NE(command.find(R"('my scenes/it'\''s.tif' --out 'my out')"), std::string::npos) << command;
}

TEST_F(Program, plan_names_the_files_that_a_run_writes) {
  const Outcome plan = box_.nadir("plan " + config("landcover") + " sample/scenes/west.tif --truth sample/survey.gpkg");
  EXPECT_NE(plan.out.find("OUT/west/segments.gpkg"), std::string::npos) << plan.out;
  EXPECT_NE(plan.out.find("OUT/west/mask.tif"), std::string::npos) << plan.out;
}

TEST_F(Program, evaluates_pictures_and_tells_rows_from_columns) {
  ASSERT_EQ(box_.shell("gdal_translate -q -of PNG -ot Byte -b 1 -scale sample/scenes/west.tif w.png").exit_code, 0);
  const Outcome image = box_.nadir("evaluate --reference w.png w.png --scale 2");
  EXPECT_EQ(image.exit_code, 0) << image.err;
  const Outcome mask = box_.nadir("evaluate --truth sample/survey.gpkg sample/truth/truth_west.tif");
  EXPECT_NE(mask.out.find("confusion (rows: truth, columns: mask)"), std::string::npos) << mask.out << mask.err;
}

TEST_F(Program, refuses_options_of_evaluate_that_would_do_nothing) {
  const std::string mask = "evaluate --truth sample/survey.gpkg sample/truth/truth_west.tif";
  for (const char* option : {"--crop 100", "--band 7", "--scale 4"}) {
    const Outcome refused = box_.nadir(mask + " " + option);
    EXPECT_EQ(refused.exit_code, 64) << option;
    EXPECT_NE(refused.err.find("--reference"), std::string::npos) << refused.err;
  }
  const std::string image = "evaluate --reference sample/scenes/west.tif";
  for (const char* option : {" sample/scenes/west.tif --class-field nonsense", " --mapped-field nonsense"}) {
    const Outcome refused = box_.nadir(image + option);
    EXPECT_EQ(refused.exit_code, 64) << option;
    EXPECT_NE(refused.err.find("--truth"), std::string::npos) << refused.err;
  }
}

TEST_F(Program, a_run_over_a_path_that_is_no_utf8_ends_with_its_report) {
  ASSERT_EQ(box_.shell("cp sample/scenes/west.tif \"$(printf 'S\\343o.tif')\"").exit_code, 0);
  const Outcome run = box_.nadir("run " + config("copy") +
                                 " sample/scenes/west.tif --out out --set scene.path=\"$(printf 'S\\343o.tif')\"");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(box_.text("out/report.html").find("S\xEF\xBF\xBDo.tif"), std::string::npos);
}

TEST_F(Program, graph_and_listings_print_something_for_each_format) {
  for (const char* format : {"dot", "mermaid", "text"}) {
    const Outcome graph = box_.nadir("graph " + config("landcover") + " --format " + format);
    EXPECT_EQ(graph.exit_code, 0);
    EXPECT_NE(graph.out.find("super_resolve"), std::string::npos);
  }
  EXPECT_NE(box_.nadir("stages").out.find("qmf_decompose"), std::string::npos);
  EXPECT_NE(box_.nadir("stages blur").out.find("sigma_px"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(box_.nadir("schema").out, nullptr, false).is_object());
}

TEST_F(Program, a_trace_holds_an_event_for_every_tile_and_node) {
  ASSERT_EQ(box_.nadir("run " + config("degrade") + " sample/scenes/west.tif --out out --trace trace.json").exit_code,
            0);
  const auto trace = box_.json("trace.json");
  EXPECT_GE(trace["traceEvents"].size(), 3U);
  EXPECT_EQ(trace["traceEvents"][0]["ph"], "X");
}

TEST_F(Program, the_mask_is_a_tiled_cog_with_palette_and_overviews_on_the_finer_grid) {
  const Outcome run =
      box_.nadir("run " + config("landcover") +
                 " sample/scenes/west.tif --truth sample/survey.gpkg --out out --set sharp.method=bicubic");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Outcome info = box_.shell("gdalinfo out/west/mask.tif");
  for (const char* part : {"LAYOUT=COG", "Color Table", "Overviews:", "Size is 512, 512"})
    EXPECT_NE(info.out.find(part), std::string::npos) << part << "\n" << info.out;
  EXPECT_GE(box_.json("out/west/model.json")["held_out_accuracy"].get<double>(), 0.9);
  EXPECT_NE(box_.text("out/report.html").find("<html"), std::string::npos);
}

}  // namespace
}  // namespace nadir
