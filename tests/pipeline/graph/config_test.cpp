#include "pipeline/graph/config.h"

#include <gtest/gtest.h>

#include "tests/support/toy_stages.h"

namespace nadir {
namespace {

class Config : public ::testing::Test {
 protected:
  Graph parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return parse_graph(text, "test.yaml", registry_, overrides);
  }
  std::vector<Diagnostic> problems(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      parse(text, overrides);
    } catch (const ConfigError& e) {
      return e.diagnostics();
    }
    return {};
  }
  void expect_problem(const std::string& text, int line, const std::string& part,
                      const std::vector<std::string>& overrides = {}) {
    std::string all;
    for (const Diagnostic& d : problems(text, overrides)) {
      all += to_text("test.yaml", d) + "\n";
      if (d.place.line == line && d.message.find(part) != std::string::npos) return;
    }
    ADD_FAILURE() << "no problem at line " << line << " with '" << part << "' among:\n" << all;
  }

  test::Collected collected_;
  Registry registry_ = test::toy_registry(collected_);
};

const std::string kGood = R"(nadir: 1
run: {tile: 64, memory: 1GiB}
graph:
  out: {stage: collect, in: smoothed}
  smoothed: {stage: smooth, in: {image: scene}}
  scene: {stage: read, width: 30}
)";

TEST_F(Config, nodes_come_in_the_order_of_their_dependencies) {
  const Graph g = parse(kGood);
  ASSERT_EQ(g.nodes.size(), 3U);
  EXPECT_EQ(g.nodes[0].id, "scene");
  EXPECT_EQ(g.nodes[2].id, "out");
  EXPECT_EQ(g.run.tile, 64);
  EXPECT_EQ(g.nodes[1].inputs[0], (PortRef{0, 0}));
}

TEST_F(Config, overrides_replace_parameters_and_settings) {
  const Graph g = parse(kGood, {"scene.width=77", "run.tile=128"});
  EXPECT_EQ(std::get<std::int64_t>(g.nodes[0].params.at("width")), 77);
  EXPECT_EQ(g.run.tile, 128);
}

TEST_F(Config, overrides_keep_names_that_mean_something_else_in_yaml) {
  for (const std::string text : {"b: c", "a #1", "~", "- a", "&a", "{a}", "a:", ""}) {
    const Graph g = parse(kGood, {"scene.note=" + text});
    EXPECT_EQ(std::get<std::string>(g.nodes[0].params.at("note")), text);
  }
  EXPECT_EQ(std::get<std::string>(parse(kGood, {"scene.note='a #1'"}).nodes[0].params.at("note")), "a #1");
}

TEST_F(Config, no_node_is_called_as_the_settings_are) {
  expect_problem("nadir: 1\ngraph:\n  run: {stage: read}\n  o: {stage: collect, in: run}\n", 3, "--set run.tile");
}

TEST_F(Config, an_override_of_an_unknown_node_names_the_nearest_one) {
  expect_problem(kGood, 0, "did you mean 'scene'", {"scen.width=3"});
  expect_problem(kGood, 0, "node.parameter=value", {"scene"});
}

TEST_F(Config, every_planted_fault_is_reported_with_its_line_and_advice) {
  const std::string text = R"(nadir: 2
rnu: {tile: 64}
run: {tile: 4, memory: lots, colour: red}
graph:
  scene: {stage: raed}
  a: {stage: smooth, in: scen}
  b: {stage: smooth, in: {imag: scene}}
  c: {stage: read, width: 0}
  d: {stage: read, widht: 10}
  e: {stage: collect, in: c.smooth}
  f: {in: c}
  g: {stage: scale_by, in: {image: c, mean: d}}
  out: {stage: collect}
  d: {stage: read}
)";
  expect_problem(text, 1, "version 1");
  expect_problem(text, 2, "did you mean 'run'");
  expect_problem(text, 3, "tile = 4, must be a whole number in [16, 65536] px");
  expect_problem(text, 3, "memory = lots, must be a size");
  expect_problem(text, 3, "unknown parameter 'colour'");
  expect_problem(text, 5, "did you mean 'read'");
  expect_problem(text, 6, "there is no node 'scen'; did you mean 'scene'?");
  expect_problem(text, 7, "unknown input 'imag'; it has image");
  expect_problem(text, 8, "width = 0, must be a whole number in [1, 10000] px");
  expect_problem(text, 9, "did you mean 'width'?");
  expect_problem(text, 10, "'c.smooth' is not an output");
  expect_problem(text, 11, "names no stage");
  expect_problem(text, 12, "takes statistics, but 'd' (read) gives image");
  expect_problem(text, 13, "input 'image' (image) is not connected");
  expect_problem(text, 14, "is given twice");
}

TEST_F(Config, cycles_and_nodes_that_lead_nowhere_are_errors) {
  expect_problem(
      "nadir: 1\ngraph:\n  a: {stage: smooth, in: b}\n  b: {stage: smooth, in: a}\n  o: {stage: collect, in: a}\n", 3,
      "cycle");
  expect_problem("nadir: 1\ngraph:\n  a: {stage: read}\n", 3, "leads nowhere");
}

TEST_F(Config, a_cycle_is_told_without_the_nodes_behind_it) {
  const std::string text = R"(nadir: 1
graph:
  o: {stage: collect, in: behind}
  behind: {stage: smooth, in: a}
  a: {stage: smooth, in: b}
  b: {stage: smooth, in: a}
  c: {stage: add, in: {image: c, other: a}}
  p: {stage: collect, in: c}
)";
  const std::vector<Diagnostic> found = problems(text);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].place.line, 5);
  EXPECT_NE(found[0].message.find(": a <- b <- a"), std::string::npos) << found[0].message;
  EXPECT_EQ(found[1].place.line, 7);
  EXPECT_NE(found[1].message.find(": c <- c"), std::string::npos) << found[1].message;
}

TEST_F(Config, node_ids_can_name_files_on_any_disk) {
  for (const std::string id : {"a b", "a/b", "a.b", "\"a\\nb\"", "\"\"", "ä", "\"a:b\""})
    expect_problem("nadir: 1\ngraph:\n  " + id + ": {stage: read}\n", 3, "letters, digits, '_' and '-' only");
  expect_problem(
      "nadir: 1\ngraph:\n  s: {stage: read}\n  out: {stage: collect, in: s}\n  Out: {stage: collect, in: s}\n", 5,
      "'Out' and 'out' differ by case only");
  EXPECT_EQ(parse("nadir: 1\ngraph:\n  s-1_B: {stage: read}\n  o: {stage: collect, in: s-1_B}\n").nodes.size(), 2U);
}

TEST_F(Config, a_number_in_quotes_is_told_from_a_wrong_one) {
  const std::string text = "nadir: 1\ngraph:\n  s: {stage: read, width: \"30\"}\n  o: {stage: collect, in: s}\n";
  expect_problem(text, 3, "in quotes it is a text: write it without");
  expect_problem(kGood, 0, "in quotes it is a text", {"scene.width='30'"});
  EXPECT_EQ(problems(kGood, {"scene.width=many"}).at(0).message.find("quotes"), std::string::npos);
}

TEST_F(Config, a_tab_before_a_line_is_told_in_plain_words) {
  expect_problem("nadir: 1\ngraph:\n\ts: {stage: read}\n", 3, "a TAB stands before");
  expect_problem("nadir: 1\ngraph:\n  s:\n    stage: read\n  \twidth: 3\n", 5, "a TAB stands before");
}

TEST_F(Config, a_second_document_is_not_passed_over) {
  expect_problem("---\n" + kGood + "---\nrun: {tile: 128}\n", 9, "a second document");
  EXPECT_EQ(parse("---\n" + kGood + "...\n").nodes.size(), 3U);
}

TEST_F(Config, text_that_is_no_yaml_is_reported_with_its_line) {
  expect_problem("nadir: 1\ngraph: {a: [}\n", 2, "not readable as YAML");
  expect_problem("[]", 1, "a config is a map");
  expect_problem("nadir: 1\ngraph: {}\n", 2, "must not be empty");
}

TEST_F(Config, json_is_accepted) {
  EXPECT_EQ(
      parse(R"({"nadir": 1, "graph": {"s": {"stage": "read"}, "o": {"stage": "collect", "in": "s"}}})").nodes.size(),
      2U);
}

TEST_F(Config, an_optional_port_is_filled_by_its_default_estimate_once) {
  const Graph g = parse(R"(nadir: 1
graph:
  scene: {stage: read}
  a: {stage: scale_by, in: scene}
  b: {stage: scale_by, in: scene}
  o: {stage: collect, in: a}
  p: {stage: collect, in: b}
)");
  ASSERT_EQ(g.nodes.size(), 6U);
  const int filler = g.find("a.mean");
  ASSERT_GE(filler, 0);
  EXPECT_EQ(g.nodes[std::size_t(g.find("a"))].inputs[1]->node, filler);
  EXPECT_EQ(g.nodes[std::size_t(g.find("b"))].inputs[1]->node, filler);
}

TEST(Bytes, sizes_are_read_with_their_units) {
  EXPECT_EQ(parse_bytes("512MiB"), std::size_t{512} << 20);
  EXPECT_EQ(parse_bytes("4 GiB"), std::size_t{4} << 30);
  EXPECT_EQ(parse_bytes("2GB"), std::size_t{2000000000});
  EXPECT_EQ(parse_bytes("100"), std::size_t{100});
  for (const char* bad : {"", "abc", "-1", "5XB", "0", "1e30"}) EXPECT_FALSE(parse_bytes(bad)) << bad;
}

}  // namespace
}  // namespace nadir
