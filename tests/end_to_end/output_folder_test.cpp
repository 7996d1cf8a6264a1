// What an output folder protects and notices: scenes of the same name, changed inputs, work of others.
#include <gtest/gtest.h>

#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;

class OutputFolder : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(box_.nadir("sample sample").exit_code, 0); }

  Outcome copy(const std::string& scenes, const std::string& more = "") const {
    return box_.nadir("run " + config("copy") + " " + scenes + " --out out " + more);
  }
  Outcome in_folder(const std::string& folder, const std::string& arguments) const {
    return box_.shell("cd " + folder + " && " NADIR_PROGRAM " " + arguments);
  }

  test::Sandbox box_;
};

TEST_F(OutputFolder, keeps_scenes_of_the_same_relative_path_apart) {
  box_.shell("mkdir d1 d2; cp sample/scenes/west.tif d1/x.tif; cp sample/scenes/east.tif d2/x.tif");
  const std::string run = "run " + config("copy") + " x.tif --out " + box_.path("out");
  ASSERT_EQ(in_folder("d1", run).exit_code, 0);
  const std::string before = box_.text("out/x/out.tif");
  const Outcome other = in_folder("d2", run);
  EXPECT_EQ(other.exit_code, 64) << other.err;
  EXPECT_EQ(box_.text("out/x/out.tif"), before);
}

TEST_F(OutputFolder, is_complete_from_another_working_directory_and_where_it_is_moved_to) {
  ASSERT_EQ(copy("sample/scenes/west.tif").exit_code, 0);
  box_.shell("mkdir elsewhere");
  const Outcome away = in_folder("elsewhere", "run " + config("copy") + " ../sample/scenes/west.tif --out ../out");
  EXPECT_NE(away.err.find("already complete"), std::string::npos) << away.err;
  box_.shell("mv out elsewhere/moved");
  const Outcome moved = box_.nadir("run " + config("copy") + " sample/scenes/west.tif --out elsewhere/moved");
  EXPECT_NE(moved.err.find("already complete"), std::string::npos) << moved.err;
  EXPECT_EQ(box_.json("elsewhere/moved/run.json")["scenes"][0]["outputs"][0]["path"], "elsewhere/moved/west/out.tif");
}

TEST_F(OutputFolder, notices_a_changed_mask_beside_a_scene) {
  box_.shell(
      "cp sample/scenes/west.tif . && gdal_translate -q -of GTiff -b 1 -ot Byte -scale 0 1 255 255 west.tif "
      "west.tif.msk");
  ASSERT_EQ(copy("west.tif").exit_code, 0);
  EXPECT_NE(copy("west.tif").err.find("already complete"), std::string::npos);
  box_.shell("gdal_translate -q -of GTiff -b 1 -ot Byte -scale 0 1 0 0 west.tif west.tif.msk");
  EXPECT_EQ(copy("west.tif").err.find("already complete"), std::string::npos);
}

TEST_F(OutputFolder, notices_that_any_file_named_in_the_config_was_changed) {
  box_.write("graph.yaml", R"(nadir: 1
graph:
  scene: {stage: read_geotiff}
  soft:  {stage: blur, in: scene, kind: measured, psf_path: psf.csv}
  out:   {stage: write_geotiff, in: soft}
)");
  box_.write("psf.csv", "0,1,0\n1,4,1\n0,1,0\n");
  const std::string run = "run graph.yaml sample/scenes/west.tif --out out";
  const Outcome first = box_.nadir(run);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  box_.write("psf.csv", "1,1,1\n1,1,1\n1,1,1\n");
  const Outcome other = box_.nadir(run);
  EXPECT_EQ(other.exit_code, 64) << other.err;
  EXPECT_NE(other.err.find("another file named in the config"), std::string::npos) << other.err;
}

TEST_F(OutputFolder, notices_changed_classes_of_a_shapefile_in_capitals) {
  box_.shell(
      "ogr2ogr -f 'ESRI Shapefile' lc.shp sample/survey.gpkg; for e in shp shx dbf prj; do mv lc.$e "
      "LC.$(echo $e | tr a-z A-Z); done; rm -f lc.cpg");
  const std::string run = "run " + config("classify") +
                          " sample/scenes/west.tif --truth LC.SHP --out out --set model.method=maximum_likelihood"
                          " --set model.folds=0 --set survey.class_field=landcover";
  const Outcome first = box_.nadir(run);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  box_.shell("sed -i 's/forest/meadow/' LC.DBF; touch -d tomorrow LC.DBF");
  const Outcome other = box_.nadir(run);
  EXPECT_EQ(other.exit_code, 64) << other.err;
  EXPECT_NE(other.err.find("another survey"), std::string::npos) << other.err;
}

TEST_F(OutputFolder, keeps_what_was_found_where_a_later_file_cannot_be_written) {
  const std::string run = "run " + config("landcover") +
                          " sample/scenes/west.tif --truth sample/survey.gpkg --out out --set sharp.method=bicubic "
                          "--set model.trees=5";
  box_.shell("mkdir -p out/west/mask.tif");
  EXPECT_EQ(box_.nadir(run).exit_code, 74);
  EXPECT_TRUE(std::filesystem::exists(box_.path("out/.nadir/west/model.found.yaml")));
  box_.shell("rmdir out/west/mask.tif");
  const Outcome again = box_.nadir(run);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("model: is there from an earlier run"), std::string::npos) << again.err;
}

// `out` needs no model, so it is finished before a folder in the way of the mask ends the run.
TEST_F(OutputFolder, makes_an_output_again_that_was_cut_off_before_the_others_were_there) {
  const std::string run = "run " + config("landcover") +
                          " sample/scenes/west.tif --truth sample/survey.gpkg --out out --set sharp.method=bicubic "
                          "--set model.trees=5";
  const std::string out = box_.path("out/west/out.tif");
  box_.shell("mkdir -p out/west/mask.tif/in_the_way");
  ASSERT_EQ(box_.nadir(run).exit_code, 74);
  ASSERT_TRUE(std::filesystem::exists(out));
  const std::string whole = box_.text("out/west/out.tif");
  std::filesystem::resize_file(out, 100);
  box_.shell("rm -r out/west/mask.tif");
  const Outcome again = box_.nadir(run);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(box_.text("out/west/out.tif"), whole);
}

TEST_F(OutputFolder, of_units_is_not_restarted_by_one_of_them) {
  ASSERT_EQ(copy("sample/scenes/west.tif", "--unit 1/2").exit_code, 0);
  const Outcome run = copy("sample/scenes/west.tif", "--unit 2/2 --restart");
  EXPECT_EQ(run.exit_code, 64);
  EXPECT_NE(run.err.find("remove out/.nadir"), std::string::npos) << run.err;
  EXPECT_TRUE(std::filesystem::exists(box_.path("out/.nadir/west")));
}

TEST_F(OutputFolder, of_units_is_finished_also_where_a_sink_keeps_no_journal) {
  const std::string scene =
      config("alignment") + " sample/scenes/west.tif --set reference.path=sample/scenes/west.tif --out ";
  ASSERT_EQ(box_.nadir("run " + scene + "whole").exit_code, 0);
  for (const char* unit : {"1/2", "2/2"}) ASSERT_EQ(box_.nadir("run " + scene + "out --unit " + unit).exit_code, 0);
  const Outcome finish = box_.nadir("finish " + scene + "out");
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  for (const std::string file : {"aligned.tif", "ties.gpkg", "ties.svg"})
    EXPECT_EQ(box_.shell("cmp whole/west/" + file + " out/west/" + file).exit_code, 0) << file;
}

TEST_F(OutputFolder, of_units_is_finished_without_computing_what_nothing_reads) {
  const std::string scene = config("landcover") +
                            " sample/scenes/west.tif --truth sample/survey.gpkg --set sharp.method=bicubic --set "
                            "model.trees=5 --out out ";
  for (const char* unit : {"1/2", "2/2"}) ASSERT_EQ(box_.nadir("run " + scene + "--unit " + unit).exit_code, 0);
  const Outcome finish = box_.nadir("finish " + scene + "--json");
  ASSERT_EQ(finish.exit_code, 0) << finish.err;
  const auto run = box_.json("out/run.json");
  for (const auto& stage : run["scenes"][0]["stages"])
    if (stage["node"] == "sharp") {
      EXPECT_EQ(stage["calls"], 0);
    }
}

TEST_F(OutputFolder, tells_of_scenes_that_were_not_started) {
  box_.shell("mkdir in; echo no image > in/a.tif; for k in b c d e f g; do cp sample/scenes/west.tif in/$k.tif; done");
  EXPECT_EQ(copy("in", "--fail-fast --threads 1").exit_code, 1);
  const auto scenes = box_.json("out/run.json")["scenes"];
  ASSERT_EQ(scenes.size(), 7U);
  EXPECT_EQ(scenes[0]["status"], "failed");
  EXPECT_EQ(scenes[6]["status"], "not started");
  EXPECT_EQ(scenes[6]["name"], "g");
  EXPECT_NE(box_.text("out/report.html").find("not started"), std::string::npos);
}

TEST_F(OutputFolder, is_not_the_folder_of_scenes_given_as_files) {
  box_.shell("mkdir in; cp sample/scenes/west.tif in");
  for (const char* input : {"in/west.tif", "'in/w*.tif'"}) {
    const Outcome run = box_.nadir("run " + config("copy") + " " + input + " --out in");
    EXPECT_EQ(run.exit_code, 64) << run.err;
    EXPECT_FALSE(std::filesystem::exists(box_.path("in/.nadir")));
  }
}

TEST_F(OutputFolder, is_not_begun_by_a_slip_in_the_command) {
  EXPECT_EQ(copy(std::string(300, 'x')).exit_code, 66);
  EXPECT_EQ(copy("sample/scenes/west.tif", "--truth " + std::string(300, 'x')).exit_code, 66);
  EXPECT_EQ(box_.nadir("validate " + std::string(300, 'x')).exit_code, 66);
  const Outcome folder = box_.nadir("run sample sample/scenes/west.tif --out out");
  EXPECT_EQ(folder.exit_code, 66);
  EXPECT_NE(folder.err.find("is a folder"), std::string::npos) << folder.err;
  const Outcome trace = copy("sample/scenes/west.tif", "--trace nowhere/trace.json");
  EXPECT_EQ(trace.exit_code, 66);
  EXPECT_NE(trace.err.find("nowhere"), std::string::npos) << trace.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("out")));
  EXPECT_EQ(copy("sample/scenes/west.tif", "--trace out/trace.json").exit_code, 0);
}

TEST_F(OutputFolder, says_where_a_survey_or_a_scene_is_read_by_nobody) {
  const Outcome run = copy("sample/scenes/west.tif", "--truth sample/survey.gpkg");
  EXPECT_NE(run.err.find("no node of this graph reads it"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("reads the scene"), std::string::npos) << run.err;
  const Outcome other = copy("sample/scenes/east.tif", "--set scene.path=sample/scenes/west.tif --restart");
  EXPECT_NE(other.err.find("warning: no node of this graph reads the scene"), std::string::npos) << other.err;
}

TEST_F(OutputFolder, makes_again_what_was_deleted_or_cut_short) {
  const std::string run = "run " + config("classify") +
                          " sample/scenes/west.tif --truth sample/survey.gpkg --out out --set "
                          "model.method=maximum_likelihood --set model.folds=0";
  ASSERT_EQ(box_.nadir(run).exit_code, 0);
  ASSERT_EQ(box_.shell("cp -r out/west whole").exit_code, 0);
  for (const std::string damage :
       {"rm model.model model.json", "head -c 100 mask.tif > cut && mv cut mask.tif", "rm mask.tif.aux.xml",
        "head -c 100 model.model > cut && mv cut model.model", ": > mask.qml"}) {
    ASSERT_EQ(box_.shell("cd out/west && " + damage).exit_code, 0);
    const Outcome again = box_.nadir(run);
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_NE(again.err.find("so the scene is computed again"), std::string::npos) << damage << "\n" << again.err;
    EXPECT_EQ(box_.shell("diff -r whole out/west").out, "") << damage;
  }
}

TEST_F(OutputFolder, writes_what_was_found_again_and_leaves_edited_styles_alone) {
  const std::string run = "run " + config("classify") +
                          " sample/scenes/west.tif --truth sample/survey.gpkg --out out --set "
                          "model.method=maximum_likelihood --set model.folds=0";
  ASSERT_EQ(box_.nadir(run).exit_code, 0);
  ASSERT_EQ(box_.shell("cp out/west/model.json . && rm out/west/model.json && echo mine > out/west/mask.qml").exit_code,
            0);
  const Outcome again = box_.nadir(run);
  EXPECT_NE(again.err.find("already complete"), std::string::npos) << again.err;
  EXPECT_EQ(box_.text("out/west/model.json"), box_.text("model.json"));
  EXPECT_EQ(box_.text("out/west/mask.qml"), "mine\n");
}

TEST_F(OutputFolder, of_a_unit_goes_with_its_trace_and_its_json) {
  const Outcome unit = copy("sample/scenes/west.tif", "--unit 1/2 --trace trace.json --json");
  ASSERT_EQ(unit.exit_code, 0) << unit.err;
  EXPECT_GE(box_.json("trace.json")["traceEvents"].size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(unit.out)["scenes"][0]["status"], "done");
}

TEST_F(OutputFolder, of_units_is_filled_by_commands_with_the_same_settings) {
  const Outcome plan =
      box_.nadir("plan " + config("copy") + " sample/scenes/west.tif --out out --units 2 --memory 1GiB --threads 3");
  EXPECT_NE(plan.out.find("--threads 3 --memory 1GiB --out out --unit 2/2"), std::string::npos) << plan.out;
}

}  // namespace
}  // namespace nadir
