// What the program says to slips in the command line, and in what it prints to be used further.
#include <gtest/gtest.h>

#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;

class CommandLine : public ::testing::Test {
 protected:
  void expect_refused(const std::string& arguments, int exit_code, const std::string& words) const {
    const Outcome outcome = box_.nadir(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << arguments << "\n" << outcome.err;
  }
  void make_sample() const { ASSERT_EQ(box_.nadir("sample s").exit_code, 0); }

  test::Sandbox box_;
};

TEST_F(CommandLine, names_the_word_that_was_meant_before_it_asks_for_others) {
  expect_refused("rnu", 64, "there is no command 'rnu'; did you mean 'run'?");
  expect_refused("run a.yaml b.tif --outt x", 64, "nadir run: there is no option '--outt'; did you mean '--out'?");
  expect_refused("run a.yaml b.tif --outt=x", 64, "did you mean '--out'?");
  expect_refused("evaluate --refrence a.tif b.tif", 64, "did you mean '--reference'?");
  expect_refused("plan a.yaml --colour", 64, "there is no option '--colour'; `nadir plan --help` lists all");
  EXPECT_EQ(box_.nadir("run --help").exit_code, 0);
  EXPECT_EQ(box_.nadir("--version").exit_code, 0);
}

TEST_F(CommandLine, takes_values_that_look_like_options) {
  expect_refused("validate " + config("copy") + " --set --strange", 78, "--strange");
}

TEST_F(CommandLine, lists_choices_in_plain_text) {
  expect_refused("run a.yaml b.tif --out x --log-format yaml", 64, "--log-format: 'yaml' is not one of text, json");
  expect_refused("graph a.yaml --format png", 64, "'png' is not one of dot, mermaid, text");
  const std::string help = box_.nadir("run --help").out;
  EXPECT_NE(help.find("text|json"), std::string::npos) << help;
  EXPECT_EQ(help.find("->"), std::string::npos) << help;
}

TEST_F(CommandLine, takes_no_seed_below_zero) {
  expect_refused("sample s --seed -1", 64, "--seed");
  EXPECT_FALSE(std::filesystem::exists(box_.path("s")));
}

TEST_F(CommandLine, asks_for_what_a_graph_requires_before_anything_starts) {
  make_sample();
  const std::string wanted = "read_model 'model': path is required; write it there, or add --set model.path=FILE";
  expect_refused("validate " + config("apply_model"), 78, wanted);
  expect_refused("plan " + config("apply_model") + " s/scenes", 78, wanted);
  expect_refused("run " + config("apply_model") + " s/scenes --out out", 78, wanted);
  expect_refused("run " + config("apply_model") + " s/scenes --out out --set model.path=", 78, wanted);
  EXPECT_FALSE(std::filesystem::exists(box_.path("out")));
  EXPECT_NE(box_.nadir("stages read_model").out.find("path        (required)"), std::string::npos);
}

TEST_F(CommandLine, says_why_a_model_cannot_be_read) {
  make_sample();
  const std::string run = "run " + config("apply_model") + " s/scenes/west.tif --out out --set model.path=";
  expect_refused(run + ".", 66, "the model . is a folder");
  expect_refused(run + "nowhere", 66, "there is no model nowhere");
  expect_refused(run + "s/survey.gpkg/model.model", 74, "cannot be read: Not a directory");
}

TEST_F(CommandLine, knows_a_scene_in_the_place_of_the_config) {
  make_sample();
  expect_refused("run s/scenes/west.tif " + config("copy") + " --out out", 78, "the config comes first");
}

TEST_F(CommandLine, prints_plans_with_the_program_as_it_was_called) {
  make_sample();
  const Outcome units = box_.nadir("plan " + config("degrade") + " s/scenes --out out --units 2");
  EXPECT_EQ(units.out.find(NADIR_PROGRAM " run "), 0U) << units.out;
  EXPECT_NE(units.out.find("\n" NADIR_PROGRAM " finish "), std::string::npos) << units.out;
}

TEST_F(CommandLine, plans_tell_of_alignments_only_where_there_are_some) {
  make_sample();
  const std::string unmoved = "as if nothing had to be moved";
  const Outcome plain = box_.nadir("plan " + config("copy") + " s/scenes/west.tif");
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.out.find(unmoved), std::string::npos) << plain.out;
  EXPECT_NE(plain.out.find("peak of the tiles"), std::string::npos) << plain.out;
  const Outcome aligned = box_.nadir("plan " + config("landcover") + " s/scenes/west.tif --truth s/survey.gpkg");
  EXPECT_NE(aligned.out.find(unmoved), std::string::npos) << aligned.out;
}

TEST_F(CommandLine, explains_the_settings_of_a_run) {
  const std::string text = box_.nadir("stages run").out;
  for (const char* part : {"tile", "memory", "device", "seed", "threads", "materialize", "--set run.tile=256"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_NE(box_.nadir("stages").out.find("nadir stages run"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(box_.nadir("stages run --json").out)["params"][0]["name"], "tile");
}

TEST_F(CommandLine, the_shipped_schema_is_the_one_that_is_printed) {
  std::string shipped = box_.shell("cat '" NADIR_SOURCE "/configs/schema.json'").out;
  EXPECT_TRUE(shipped == box_.nadir("schema").out) << "./dev schema writes it anew";
}

TEST_F(CommandLine, reports_are_made_of_runs_only) {
  box_.shell("mkdir d");
  for (const char* text : {R"({"scenes": 3})", R"({"nadir": "1", "scenes": 3})", "{}", "[1]", "no JSON"}) {
    box_.write("d/run.json", text);
    expect_refused("report d", 65, "d/run.json");
  }
  EXPECT_FALSE(std::filesystem::exists(box_.path("d/report.html")));
}

}  // namespace
}  // namespace nadir
