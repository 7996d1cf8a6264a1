#include "pipeline/app/describe_stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "pipeline/app/schema.h"
#include "pipeline/core/error.h"
#include "pipeline/graph/config.h"
#include "stages/stages.h"

namespace nadir {
namespace {

struct Params {
  double sigma_px = 1.5;
  int count = 3;
  std::vector<double> weights{1, 2};
  std::vector<std::string> bands;
  bool fast = true;
  std::string file;
};
NADIR_PARAMS(Params, PARAM(sigma_px, "px", range(0.5, 20), "Width."), PARAM(count, "", range(1, 9), "How many."),
             PARAM(weights, "", any(), "Weights."), PARAM(bands, "", any(), "Which bands."),
             PARAM(fast, "", any(), "Hurry."), PARAM(file, "", required(), "Where it is."))

TEST(DescribeStages, a_long_list_of_choices_does_not_push_the_meaning_off_the_page) {
  const std::string text = app::explain_stage(app::stage_named(Registry(all_stages()), "qmf_denoise"));
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find("one of haar") == std::string::npos) widest = std::max(widest, line.size());
  EXPECT_LT(widest, 240U) << text;
  EXPECT_NE(text.find("How deep noise is looked for"), std::string::npos);
  EXPECT_NE(text.find("\n                          "), std::string::npos)
      << "the filter's meaning, in a line of its own";
}

// As the documentation of run.device and the README say.
TEST(Stages, that_take_a_device_of_their_own_accord_are_super_resolution_and_classifiers) {
  std::vector<std::string> taking;
  Graph graph;
  for (const StageInfo& stage : all_stages()) {
    Node node;
    node.stage = &stage;
    graph.run.device = DeviceChoice::automatic;
    if (graph.wants_device(node)) taking.push_back(stage.name);
    graph.run.device = DeviceChoice::cuda;
    EXPECT_EQ(graph.wants_device(node), stage.on_device) << stage.name;
  }
  std::sort(taking.begin(), taking.end());
  EXPECT_EQ(taking, (std::vector<std::string>{"classify", "super_resolve"}));
}

Registry registry() {
  std::vector<StageInfo> stages = all_stages();
  stages.push_back({.name = "probe",
                    .family = "test",
                    .doc = "Looks. And looks again.",
                    .inputs = {{"image", PortType::image, "What to look at."},
                               {"noise", PortType::statistics, "How noisy it is.", true, "estimate_noise"}},
                    .outputs = {{"image", PortType::image, "What was seen."}},
                    .params = params_of<Params>(),
                    .factory = TileFactory{}});
  stages.push_back({.name = "pair",
                    .family = "test",
                    .doc = "Needs two.",
                    .inputs = {{"a", PortType::image, "One."}, {"b", PortType::image, "Two."}},
                    .outputs = {},
                    .params = {},
                    .factory = EstimateFactory{}});
  return Registry(stages);
}

TEST(Stages, are_listed_with_the_first_sentence_and_explained_in_full) {
  const Registry r = registry();
  const std::string list = app::list_stages(r);
  EXPECT_NE(list.find("probe"), std::string::npos);
  EXPECT_NE(list.find("Looks.\n"), std::string::npos);
  const std::string text = app::explain_stage(*r.find("probe"));
  for (const char* part : {"And looks again.", "sigma_px", "1.5", "[0.5, 20] px", "Width.", "else by estimate_noise"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(Stages, come_as_json_with_type_unit_range_default_and_doc) {
  const Registry r = registry();
  const app::Json stage = app::stage_json(*r.find("probe"));
  EXPECT_EQ(stage["kind"], "tile");
  const app::Json wanted{{"name", "sigma_px"}, {"type", "number"},     {"unit", "px"},
                         {"default", 1.5},     {"range", {0.5, 20.0}}, {"doc", "Width."}};
  EXPECT_EQ(stage["params"][0], wanted);
  EXPECT_EQ(app::stages_json(r).size(), r.stages().size());
}

TEST(Stages, that_are_unknown_are_refused_with_the_nearest_name) {
  try {
    app::stage_named(registry(), "blurr");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    EXPECT_NE(std::string(e.what()).find("'blur'"), std::string::npos);
  }
}

TEST(Schema, describes_every_stage_and_every_parameter_of_the_registry) {
  const Registry r = registry();
  const app::Json schema = app::config_schema(r, params_of<Params>());
  for (const StageInfo& s : r.stages()) {
    const app::Json& node = schema["$defs"][s.name];
    EXPECT_EQ(node["properties"]["stage"]["const"], s.name);
    EXPECT_EQ(node["additionalProperties"], false);
    for (const ParamSpec& p : s.params) EXPECT_TRUE(node["properties"].contains(p.name)) << s.name << "." << p.name;
  }
  EXPECT_TRUE(schema["properties"]["run"]["properties"].contains("sigma_px"));
  const app::Json& count = schema["$defs"]["probe"]["properties"]["count"];
  EXPECT_EQ(count["minimum"], 1);
  EXPECT_EQ(count["maximum"], 9);
  EXPECT_EQ(count["default"], 3);
}

TEST(Stages, say_which_parameters_they_require) {
  const Registry r = registry();
  const StageInfo& probe = *r.find("probe");
  EXPECT_NE(app::explain_stage(probe).find("(required)"), std::string::npos);
  const app::Json param = app::stage_json(probe)["params"].back();
  EXPECT_EQ(param["name"], "file");
  EXPECT_EQ(param["required"], true);
  const app::Json node = app::config_schema(r, {})["$defs"]["probe"];
  EXPECT_EQ(node["required"], app::Json({"stage", "in", "file"}));
  EXPECT_EQ(node["properties"]["file"]["minLength"], 1);
  EXPECT_FALSE(node["properties"]["file"].contains("default"));
}

TEST(Schema, takes_the_short_form_of_inputs_only_where_one_input_is_enough) {
  const app::Json schema = app::config_schema(registry(), {});
  EXPECT_TRUE(schema["$defs"]["probe"]["properties"]["in"].contains("anyOf"));
  EXPECT_EQ(schema["$defs"]["pair"]["properties"]["in"]["type"], "object");
}

TEST(RecordJson, keeps_the_order_and_writes_what_json_cannot_hold_as_null) {
  const Record record{
      {"z", 1.5}, {"a", std::nan("")}, {"m", std::vector<double>{1, INFINITY}}, {"s", std::string("x")}};
  EXPECT_EQ(app::json_of(record).dump(), R"({"z":1.5,"a":null,"m":[1.0,null],"s":"x"})");
}

}  // namespace
}  // namespace nadir
