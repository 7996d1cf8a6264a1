#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "pipeline/graph/memory_need.h"
#include "pipeline/graph/passes.h"
#include "pipeline/graph/run.h"
#include "tests/support/toy_stages.h"

namespace nadir {
namespace {

class Executors : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(work_); }
  void TearDown() override { std::filesystem::remove_all(work_); }

  std::map<std::string, test::Image> whole(const Graph& graph) {
    collected_.images.clear();
    run_whole(graph, inputs());
    return std::move(collected_.images);
  }
  std::map<std::string, test::Image> tiled(const Graph& graph, int tile, int threads) {
    collected_.images.clear();
    collected_.writes.clear();
    RunOptions options;
    options.tile = tile;
    options.threads = threads;
    run_tiled(graph, inputs(), options);
    return std::move(collected_.images);
  }
  void expect_equal_executors(const std::string& text, std::initializer_list<int> tiles = {16, 33, 64, 500}) {
    const Graph graph = parse_graph(text, "test.yaml", registry_);
    const auto expected = whole(graph);
    ASSERT_FALSE(expected.empty());
    for (const int tile : tiles)
      for (const int threads : {1, 2}) {
        const auto got = tiled(graph, tile, threads);
        ASSERT_EQ(got.size(), expected.size());
        for (const auto& [node, image] : expected) {
          SCOPED_TRACE(node + ", tile " + std::to_string(tile) + ", threads " + std::to_string(threads) + "\n" + text);
          test::expect_identical(image, got.at(node));
        }
      }
  }
  SceneInputs inputs() const { return {"scene", "", "", work_ + "/out", work_}; }

  const std::string work_ = std::filesystem::temp_directory_path() / ("nadir_executor_" + std::to_string(getpid()));
  test::Collected collected_;
  Registry registry_ = test::toy_registry(collected_);
};

TEST_F(Executors, agree_on_a_chain) {
  expect_equal_executors(R"(nadir: 1
graph:
  scene: {stage: read, width: 101, height: 67}
  a: {stage: smooth, in: scene}
  b: {stage: smooth, in: a}
  out: {stage: collect, in: b}
)");
}

TEST_F(Executors, agree_on_sinks_at_several_scales_and_on_nodes_with_two_outputs) {
  expect_equal_executors(R"(nadir: 1
graph:
  scene: {stage: read, width: 97, height: 130}
  both: {stage: halve_both, in: scene}
  fine: {stage: smooth, in: both.image}
  large: {stage: enlarge, in: both.small}
  o1: {stage: collect, in: both}
  o2: {stage: collect, in: fine}
  o3: {stage: collect, in: large}
)");
}

TEST_F(Executors, agree_on_diamonds_estimates_and_blocks) {
  expect_equal_executors(R"(nadir: 1
graph:
  scene: {stage: read, width: 90, height: 75}
  heavy: {stage: blockwise, in: scene}
  soft: {stage: smooth, in: heavy}
  sum: {stage: add, in: {image: heavy, other: soft}}
  mean: {stage: measure, in: soft}
  scaled: {stage: scale_by, in: {image: sum, mean: mean}}
  again: {stage: scale_by, in: scaled}
  out: {stage: collect, in: again}
  side: {stage: collect, in: heavy}
)");
}

TEST_F(Executors, agree_on_images_smaller_than_any_margin) {
  for (const char* size : {"width: 1, height: 1", "width: 3, height: 8", "width: 2, height: 40"})
    expect_equal_executors(
        "nadir: 1\ngraph:\n  scene: {stage: read, " + std::string(size) +
        "}\n  a: {stage: enlarge, in: scene}\n  b: {stage: smooth, in: a}\n  c: {stage: blockwise, in: b}\n"
        "  out: {stage: collect, in: c}\n");
}

TEST_F(Executors, agree_on_random_graphs) {
  std::mt19937 random(7);
  for (int round = 0; round < 25; ++round) {
    const int count = 3 + int(random() % 5);
    std::string text = "nadir: 1\ngraph:\n  n0: {stage: read, width: " + std::to_string(20 + random() % 90) +
                       ", height: " + std::to_string(20 + random() % 90) + "}\n";
    std::vector<int> scale{0};  // log2 of the scale against the scene; sums need equal ones
    for (int n = 1; n <= count; ++n) {
      const int from = int(random() % std::size_t(n));
      const std::string id = "n" + std::to_string(n);
      const std::string in = "n" + std::to_string(from);
      const int kind = int(random() % 6);
      std::string line = "{stage: smooth, in: " + in + "}";
      scale.push_back(scale[std::size_t(from)]);
      if (kind == 1 && scale.back() < 1)
        line = "{stage: enlarge, in: " + in + "}", ++scale.back();
      else if (kind == 2)
        line = "{stage: blockwise, in: " + in + "}";
      else if (kind == 3)
        line = "{stage: scale_by, in: " + in + "}";
      else if (kind == 4 && n > 1)
        line = "{stage: add, in: {image: " + in + ", other: " + in + "}}";
      text += "  " + id + ": " + line + "\n  o" + std::to_string(n) + ": {stage: collect, in: " + id + "}\n";
    }
    text += "  o0: {stage: collect, in: n0}\n";
    expect_equal_executors(text, {16, 48, 200});
    if (HasFailure()) return;
  }
}

TEST_F(Executors, a_failing_stage_ends_the_run_with_its_name_and_window) {
  const Graph graph =
      parse_graph("nadir: 1\ngraph:\n  s: {stage: read}\n  bad: {stage: fail, in: s}\n  o: {stage: collect, in: bad}\n",
                  "t", registry_);
  try {
    tiled(graph, 32, 2);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("fail 'bad', window"), std::string::npos) << e.what();
    EXPECT_EQ(e.fault(), Fault::data);
  }
}

TEST_F(Executors, a_tile_that_cannot_fit_into_memory_is_refused_with_the_stage_to_blame) {
  const Graph graph = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 900, height: 900}\n  o: {stage: collect, in: s}\n", "t", registry_);
  RunOptions options;
  options.memory = 10000;
  try {
    run_tiled(graph, inputs(), options);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::config);
    EXPECT_NE(std::string(e.what()).find("read 's'"), std::string::npos) << e.what();
  }
}

TEST(Memory, the_budget_advised_is_enough_and_not_much_more) {
  for (const std::size_t tiles : {std::size_t{1000}, std::size_t{26} << 20, (std::size_t{640} << 20) - 1,
                                  std::size_t{640} << 20, std::size_t{5} << 30}) {
    RunOptions options;
    options.memory = budget_for(tiles);
    EXPECT_GE(memory_limits(options).tiles, tiles);
    options.memory -= options.memory / 100;
    EXPECT_LT(memory_limits(options).tiles, tiles);
  }
}

const char* const kEstimateThenTiles = R"(nadir: 1
graph:
  scene: {stage: read, width: 300, height: 300}
  mean: {stage: measure, in: scene}
  a: {stage: smooth, in: scene}
  b: {stage: smooth, in: a}
  c: {stage: smooth, in: b}
  d: {stage: scale_by, in: {image: c, mean: mean}}
  out: {stage: collect, in: d}
)";

TEST_F(Executors, advice_on_memory_can_be_followed) {
  const Graph graph = parse_graph(kEstimateThenTiles, "t", registry_);
  for (const std::size_t memory : {100U, 10000U, 30000U, 60000U, 80000U}) {
    RunOptions options;
    options.memory = memory;
    options.tile = 32;
    try {
      run_tiled(graph, inputs(), options);
      FAIL() << "no error";
    } catch (const TooLittleMemory& e) {
      options.memory = e.least();
    }
    EXPECT_NO_THROW(run_tiled(graph, inputs(), options)) << memory;
  }
}

TEST_F(Executors, memory_that_a_later_pass_lacks_is_said_before_the_first_one) {
  const Graph graph = parse_graph(kEstimateThenTiles, "t", registry_);
  RunOptions options;
  options.memory = 80000;  // holds a block of the estimate, but no tile
  options.tile = 32;
  bool began = false;
  options.progress = [&](const std::string&, double) { began = true; };
  EXPECT_THROW(run_tiled(graph, inputs(), options), TooLittleMemory);
  EXPECT_FALSE(began);
}

TEST_F(Executors, a_small_budget_halves_tiles_without_changing_the_result) {
  const Graph graph = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 300, height: 300}\n  a: {stage: smooth, in: s}\n  o: {stage: "
      "collect, in: a}\n",
      "t", registry_);
  const auto expected = whole(graph);
  collected_.images.clear();
  RunOptions options;
  options.memory = 400000;
  options.tile = 300;
  run_tiled(graph, inputs(), options);
  EXPECT_GT(collected_.writes.at("o"), 1);
  test::expect_identical(expected.at("o"), collected_.images.at("o"));
}

TEST_F(Executors, an_interrupted_run_says_so) {
  const Graph graph =
      parse_graph("nadir: 1\ngraph:\n  s: {stage: read}\n  o: {stage: collect, in: s}\n", "t", registry_);
  const std::atomic<bool> stop{true};
  RunOptions options;
  options.interrupted = &stop;
  EXPECT_THROW(
      try { run_tiled(graph, inputs(), options); } catch (const Error& e) {
        EXPECT_EQ(e.fault(), Fault::interrupted);
        throw;
      },
      Error);
}

TEST_F(Executors, a_lost_tile_is_noticed_and_no_output_is_finished) {
  const Graph graph =
      parse_graph("nadir: 1\ngraph:\n  s: {stage: read}\n  o: {stage: collect, in: s}\n", "t", registry_);
  RunOptions options;
  options.tile = 16;
  options.threads = 2;
  options.loses = [](std::size_t token) { return token == 3; };
  try {
    run_tiled(graph, inputs(), options);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::internal);
    EXPECT_NE(std::string(e.what()).find("tiles were lost"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(collected_.images.empty());
}

TEST_F(Executors, give_back_all_pixels_after_a_failure) {
  const Graph graph =
      parse_graph("nadir: 1\ngraph:\n  s: {stage: read}\n  bad: {stage: fail, in: s}\n  o: {stage: collect, in: bad}\n",
                  "t", registry_);
  const std::size_t before = pixel_memory_in_use();
  EXPECT_THROW(tiled(graph, 16, 2), Error);
  EXPECT_EQ(pixel_memory_in_use(), before);
}

TEST_F(Executors, scenes_at_once_share_a_budget_that_holds_one_tile) {
  const Graph graph = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 300, height: 300}\n  a: {stage: smooth, in: s}\n  o: {stage: "
      "collect, in: a}\n",
      "t", registry_);
  const auto expected = whole(graph);
  RunOptions options;
  options.tile = 64;
  options.threads = 2;
  options.memory = 400000;
  Workers workers(2, 150000);
  std::vector<std::thread> scenes;
  for (int k = 0; k < 4; ++k) scenes.emplace_back([&] { run_tiled(graph, inputs(), options, workers); });
  for (std::thread& scene : scenes) scene.join();
  test::expect_identical(expected.at("o"), collected_.images.at("o"));
}

// Threads that finish tiles at once must not all give way to scenes that wait.
TEST_F(Executors, many_small_scenes_in_a_tight_budget_lose_no_tile) {
  const Graph graph = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 64, height: 64}\n  o: {stage: collect, in: s}\n", "t", registry_);
  RunOptions options;
  options.tile = 8;
  options.threads = 8;
  Workers workers(8, 2500);  // three tiles
  std::atomic<int> lost{0};
  std::vector<std::thread> scenes;
  for (int k = 0; k < 6; ++k)
    scenes.emplace_back([&] {
      for (int round = 0; round < 100; ++round) try {
          run_tiled(graph, inputs(), options, workers);
        } catch (const Error&) {
          ++lost;
        }
    });
  for (std::thread& scene : scenes) scene.join();
  EXPECT_EQ(lost, 0);
}

TEST_F(Executors, a_failing_scene_leaves_the_others_alone) {
  const Graph good = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 200, height: 200}\n  o: {stage: collect, in: s}\n", "t", registry_);
  const Graph bad = parse_graph(
      "nadir: 1\ngraph:\n  s: {stage: read, width: 200, height: 200}\n  b: {stage: fail, in: s}\n  p: {stage: collect, "
      "in: b}\n",
      "t", registry_);
  RunOptions options;
  options.tile = 16;
  options.threads = 2;
  Workers workers(2, std::size_t{64} << 20);
  std::thread failing([&] { EXPECT_THROW(run_tiled(bad, inputs(), options, workers), Error); });
  run_tiled(good, inputs(), options, workers);
  failing.join();
  EXPECT_EQ(collected_.images.count("o"), 1U);
}

TEST_F(Executors, what_is_costly_and_needed_twice_is_kept_and_what_is_cheap_is_not) {
  const Graph graph = parse_graph(R"(nadir: 1
graph:
  scene: {stage: read}
  heavy: {stage: blockwise, in: scene}
  cheap: {stage: smooth, in: scene}
  mean: {stage: measure, in: heavy}
  other: {stage: measure, in: cheap}
  a: {stage: scale_by, in: {image: heavy, mean: mean}}
  b: {stage: scale_by, in: {image: cheap, mean: other}}
  o: {stage: collect, in: a}
  p: {stage: collect, in: b}
)",
                                  "t", registry_);
  const std::vector<Pass> passes = plan_passes(graph);
  EXPECT_TRUE(is_kept(passes, {graph.find("heavy"), 0}));
  EXPECT_FALSE(is_kept(passes, {graph.find("cheap"), 0}));
}

}  // namespace
}  // namespace nadir
