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
