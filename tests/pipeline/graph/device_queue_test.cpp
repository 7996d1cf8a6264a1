// A device shared by tiles and scenes, with Execs of the CPU in the device's place.
#include "pipeline/graph/device_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "pipeline/graph/passes.h"
#include "pipeline/graph/run.h"
#include "tests/support/toy_stages.h"

namespace nadir {
namespace {

std::unique_ptr<Exec> cpu_exec() { return std::make_unique<Exec>(); }

TEST(DeviceQueue, lets_in_as_many_as_there_are_streams_and_the_others_in_their_order) {
  DeviceQueue queue(cpu_exec);
  std::vector<int> entered;
  for (int i = 0; i < kDeviceStreams + 3; ++i) queue.enter([&entered, i] { entered.push_back(i); });
  EXPECT_EQ(int(entered.size()), kDeviceStreams);
  for (int i = 0; i < kDeviceStreams + 3; ++i) queue.leave();
  ASSERT_EQ(int(entered.size()), kDeviceStreams + 3);
  for (int i = 0; i < kDeviceStreams + 3; ++i) EXPECT_EQ(entered[std::size_t(i)], i);
  queue.enter([&entered] { entered.clear(); });  // all places are free again
  EXPECT_TRUE(entered.empty());
}

TEST(DevicePlace, is_left_once) {
  DeviceQueue queue(cpu_exec);
  int entered = 0;
  for (int i = 0; i < kDeviceStreams + 2; ++i) queue.enter([&entered] { ++entered; });
  {
    DevicePlace place(&queue), none(nullptr);
    EXPECT_TRUE(bool(place));
    EXPECT_FALSE(bool(none));
    place.leave();
    place.leave();
  }
  EXPECT_EQ(entered, kDeviceStreams + 1);
}

class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(work_); }
  void TearDown() override { std::filesystem::remove_all(work_); }

  Registry registry() {
    std::vector<StageInfo> stages = test::toy_registry(collected_).stages();
    for (StageInfo& s : stages) s.on_device = s.name == "smooth" || s.name == "halve_both";
    for (StageInfo& s : stages) s.flops_per_sample = s.name == "smooth" ? 1000 : 999;
    return Registry(stages);
  }
  Graph graph(const std::string& device) {
    return parse_graph("nadir: 1\nrun: {device: " + device + R"(}
graph:
  s: {stage: read, width: 200, height: 200}
  a: {stage: smooth, in: s}
  both: {stage: halve_both, in: a}
  b: {stage: smooth, in: both.image}
  o: {stage: collect, in: b}
)",
                       "t", registry_);
  }
  SceneInputs inputs() const { return {"scene", "", "", work_ + "/out", work_}; }
  test::Image whole(const Graph& graph) {
    run_whole(graph, inputs());
    return std::move(collected_.images.at("o"));
  }
  RunOptions options() const {
    RunOptions options;
    options.device = Device::cuda;
    options.threads = 8;
    options.tile = 16;
    return options;
  }

  const std::string work_ = std::filesystem::temp_directory_path() / ("nadir_on_device_" + std::to_string(getpid()));
  test::Collected collected_;
  Registry registry_ = registry();
};

TEST_F(OnDevice, runs_what_can_only_where_that_was_asked_for_or_pays) {
  const auto wanting = [this](const std::string& device) {
    const Graph g = graph(device);
    std::string ids;
    for (const Node& n : g.nodes)
      if (g.wants_device(n)) ids += n.id + " ";
    return ids;
  };
  EXPECT_EQ(wanting("cuda"), "a both b ");
  EXPECT_EQ(wanting("auto"), "a b ");
  EXPECT_EQ(wanting("cpu"), "");
}

TEST_F(OnDevice, plans_for_the_node_that_takes_most) {
  const Graph g = graph("auto");
  Scene scene(g, inputs());
  for (int n = 0; n < int(scene.size()); ++n) scene.bind(n);
  const PassPlan plan = plan_pass(scene, plan_passes(g), 0, 100, {.threads = 1, .fixed_tile = true});
  EXPECT_EQ(plan.on_device, (std::vector<int>{g.find("a"), g.find("b")}));
  const std::size_t bytes = 4 * std::size_t(scene.bound(0).images[0].band_count()) + 1;
  // In a corner of the scene: the first node makes a tile and one edge of the second one's halo, and reads all edges of
  // its own, of which two are mirrored.
  EXPECT_EQ(plan.device_bytes, kDeviceStreams * (101 * 101 + 103 * 103) * bytes);
}

TEST_F(OnDevice, all_scenes_share_the_places) {
  const Graph g = graph("cuda");
  const test::Image expected = whole(g);
  std::atomic<int> made{0};
  Workers workers(8, std::size_t{64} << 20, [&made] {
    ++made;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // long enough for others to come too
    return std::make_unique<Exec>();
  });
  std::vector<std::thread> scenes;
  for (int k = 0; k < 4; ++k) scenes.emplace_back([&] { run_tiled(g, inputs(), options(), workers); });
  for (std::thread& scene : scenes) scene.join();
  test::expect_identical(expected, collected_.images.at("o"));
  EXPECT_EQ(made, kDeviceStreams);
}

TEST_F(OnDevice, what_finds_no_memory_there_is_computed_here_and_said_once_a_node) {
  const Graph g = graph("auto");
  const test::Image expected = whole(g);
  Workers workers(8, std::size_t{64} << 20,
                  []() -> std::unique_ptr<Exec> { throw OutOfDeviceMemory("creating a stream"); });
  RunOptions with_log = options();
  std::mutex mutex;
  std::multiset<std::string> facts;
  with_log.log = [&](const std::string& fact) {
    const std::scoped_lock lock(mutex);
    facts.insert(fact);
  };
  run_tiled(g, inputs(), with_log, workers);
  test::expect_identical(expected, collected_.images.at("o"));
  const std::string said = ": creating a stream; tiles are computed on the CPU instead";
  EXPECT_EQ(facts, (std::multiset<std::string>{"warning: a" + said, "warning: b" + said}));
}

TEST_F(OnDevice, a_failure_there_ends_the_scene_and_leaves_the_places_to_others) {
  const Graph g = graph("cuda");
  const test::Image expected = whole(g);
  std::atomic<bool> fails{true};
  Workers workers(8, std::size_t{64} << 20, [&fails]() -> std::unique_ptr<Exec> {
    if (fails) throw Error(Fault::device, "the device has gone");
    return std::make_unique<Exec>();
  });
  EXPECT_THROW(run_tiled(g, inputs(), options(), workers), Error);
  fails = false;
  run_tiled(g, inputs(), options(), workers);
  test::expect_identical(expected, collected_.images.at("o"));
}

}  // namespace
}  // namespace nadir
