// Laws of planner and executor over random graphs: chains, diamonds, several sinks at different scales.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <filesystem>

#include "pipeline/graph/passes.h"
#include "pipeline/graph/run.h"
#include "tests/support/toy_stages.h"

namespace nadir {
namespace {

// Nodes n0 (the scene), n1, …, each with a sink of its own; sums take two nodes of the same scale.
std::string random_graph() {
  std::string text = "nadir: 1\ngraph:\n  n0: {stage: read, width: " + std::to_string(*rc::gen::inRange(1, 120)) +
                     ", height: " + std::to_string(*rc::gen::inRange(1, 120)) + "}\n";
  std::vector<int> scale{0};  // log2 against the scene
  const int count = *rc::gen::inRange(1, 8);
  for (int n = 1; n <= count; ++n) {
    const int from = *rc::gen::inRange(0, n);
    const std::string in = "n" + std::to_string(from);
    std::string line = "{stage: smooth, in: " + in + "}";
    scale.push_back(scale[std::size_t(from)]);
    const int kind = *rc::gen::inRange(0, 7);
    if (kind == 1 && scale.back() < 1) {
      line = "{stage: enlarge, in: " + in + "}";
      ++scale.back();
    } else if (kind == 2) {
      line = "{stage: blockwise, in: " + in + "}";
    } else if (kind == 3) {
      line = "{stage: scale_by, in: " + in + "}";
    } else if (kind >= 4) {
      std::vector<int> partners;
      for (int m = 0; m < n; ++m)
        if (scale[std::size_t(m)] == scale.back()) partners.push_back(m);
      const int other = *rc::gen::elementOf(partners);
      line = "{stage: add, in: {image: " + in + ", other: n" + std::to_string(other) + "}}";
    }
    text += "  n" + std::to_string(n) + ": " + line + "\n  o" + std::to_string(n) + ": {stage: collect, in: n" +
            std::to_string(n) + "}\n";
  }
  return text + "  o0: {stage: collect, in: n0}\n";
}

class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  SceneInputs inputs() const { return {"scene", "", "", path_ + "/out", path_}; }

 private:
  const std::string path_ = std::filesystem::temp_directory_path() / ("nadir_planner_" + std::to_string(getpid()));
};

TEST(PlannerProperty, tiles_of_every_sink_cover_it_once_and_windows_hold_what_is_needed) {
  EXPECT_TRUE(rc::check("cover and hold", [] {
    test::Collected collected;
    const Registry registry = test::toy_registry(collected);
    const Graph graph = parse_graph(random_graph(), "random", registry);
    const Folder folder;
    Scene scene(graph, folder.inputs());
    for (int n = 0; n < int(scene.size()); ++n) scene.bind(n);
    const std::vector<Pass> passes = plan_passes(graph);
    const MemoryLimits limits{std::size_t{1} << 30, *rc::gen::inRange(1, 5), std::size_t(*rc::gen::inRange(0, 50000))};
    const int tile = *rc::gen::inRange(16, 150);
    for (std::size_t p = 0; p < passes.size(); ++p) {
      const PassPlan plan = plan_pass(scene, passes, p, tile, limits);
      std::map<int, std::int64_t> area;
      for (const Token& token : plan.tokens) {
        const TokenWindows windows = plan_token(scene, plan, token);
        for (const Request& r : token.requests) {
          const OutputWindows& w = windows[std::size_t(r.ref.node)][std::size_t(r.ref.output)];
          RC_ASSERT(w.memory.contains(r.window));
          if (passes[p].tiles() && r.input >= 0) area[r.root] += r.window.area();
        }
        for (const int n : plan.nodes)
          for (std::size_t o = 0; o < windows[std::size_t(n)].size(); ++o) {
            const OutputWindows& w = windows[std::size_t(n)][o];
            const Size size = scene.bound(n).images[o].grid.size();
            RC_ASSERT(whole(size).contains(w.inside));
            RC_ASSERT(w.inside.contains(mirror_source(w.memory, size)));
          }
      }
      RC_ASSERT(!passes[p].tiles() || plan.tokens.size() % std::size_t(plan.across) == 0);
      for (const int s : passes[p].sinks)
        RC_ASSERT(area[s] == scene.image(*scene.node(s).inputs[0]).grid.window().area());
    }
  }));
}

TEST(Planner, leaves_room_for_what_an_estimate_keeps) {
  test::Collected collected;
  const Registry registry = test::toy_registry(collected);
  const Graph graph = parse_graph(R"(nadir: 1
graph:
  scene: {stage: read, width: 120, height: 120}
  mean: {stage: measure, in: scene}
  a: {stage: scale_by, in: {image: scene, mean: mean}}
  o: {stage: collect, in: a}
)",
                                  "t", registry);
  const Folder folder;
  Scene scene(graph, folder.inputs());
  for (int n = 0; n < int(scene.size()); ++n) scene.bind(n);
  const std::vector<Pass> passes = plan_passes(graph);
  const std::size_t kib = 1024;
  for (const auto& [tiles, kept] : {std::pair{128 * kib, 64 * kib}, std::pair{80 * kib, 60 * kib}}) {
    const PassPlan plan = plan_pass(scene, passes, 0, 64, {tiles, 8, 0});
    ASSERT_EQ(plan.tokens.size(), 16u);
    EXPECT_EQ(plan.evidence_bytes, kept);  // 16 blocks of 4 KiB, at most three quarters
    EXPECT_EQ(plan.warning.find("measure 'mean' keeps up to 1 MiB"), kept < 64 * kib ? 0 : std::string::npos)
        << plan.warning;
    EXPECT_LE(plan.evidence_bytes + std::size_t(plan.tokens_in_flight) * plan.token_bytes, tiles);
    EXPECT_EQ(std::size_t(plan.tokens_in_flight), (tiles - kept) / plan.token_bytes);
  }
  EXPECT_EQ(plan_pass(scene, passes, 1, 64, {128 * kib, 8, 0}).evidence_bytes, 0u);
}

TEST(ExecutorProperty, any_graph_gives_the_same_bits_in_any_tiles_threads_and_order) {
  EXPECT_TRUE(rc::check("tiled = whole", [] {
    test::Collected collected;
    const Registry registry = test::toy_registry(collected);
    const std::string text = random_graph();
    RC_LOG() << text;
    const Graph graph = parse_graph(text, "random", registry);
    const Folder folder;
    run_whole(graph, folder.inputs());
    const auto expected = std::move(collected.images);
    collected.images.clear();
    RunOptions options;
    options.tile = *rc::gen::inRange(16, 150);
    options.threads = *rc::gen::inRange(1, 4);
    options.shuffle = *rc::gen::inRange<std::uint64_t>(0, 100);
    options.memory = *rc::gen::elementOf(std::vector<std::size_t>{std::size_t{1} << 20, std::size_t{1} << 30});
    run_tiled(graph, folder.inputs(), options);
    RC_ASSERT(collected.images.size() == expected.size());
    for (const auto& [node, image] : expected) test::expect_identical(image, collected.images.at(node));
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

}  // namespace
}  // namespace nadir
