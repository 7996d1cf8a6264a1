// One result for any number of threads, tile size, order and processes, and after any interruption.
#include <gtest/gtest.h>

#include <random>

#include "io/io.h"
#include "pipeline/app/sample.h"
#include "pipeline/graph/run.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Outcome;

// A scene with a hole, of no round size, and a graph that takes its time: blur, sharpening by blocks, two scales.
class OneResult : public ::testing::Test {
 protected:
  void SetUp() override {
    configure_io(std::size_t{64} << 20);
    test::Image image = test::make_texture(691, 530, 3, 5);
    image.info.type = SampleType::u16;
    image.invalidate({300, 200, 90, 41});
    write_geotiff_file(box_.path("scene.tif"), image.info, image.tile.view());
    box_.write("graph.yaml", R"(nadir: 1
run: {tile: 64}
graph:
  scene: {stage: read_geotiff}
  calm:  {stage: blur, in: scene, sigma_px: 1.1}
  sharp: {stage: super_resolve, in: calm, scale: 2, iterations: 2, block_px: 96, halo_px: 24}
  out:   {stage: write_geotiff, in: sharp}
  small: {stage: downsample, in: calm, factor: 3}
  plain: {stage: write_geotiff, in: small, compression: none}
)");
  }

  std::string run(const std::string& out, const std::string& more = "") const {
    return "run graph.yaml scene.tif --out " + out + " " + more;
  }
  // Of all files that a run writes for the scene.
  std::string hashes(const std::string& out) const {
    return box_.shell("cd " + out + "/scene && sha256sum out.tif plain.tif").out;
  }

  test::Sandbox box_;
};

TEST_F(OneResult, for_any_threads_tiles_and_memory) {
  ASSERT_EQ(box_.nadir(run("a", "--threads 1")).exit_code, 0);
  const std::string expected = hashes("a");
  ASSERT_EQ(expected.size(), 2 * (64 + 2 + 8) + 2U) << expected;
  for (const char* more : {"--threads 2", "--threads 8", "--set run.tile=256", "--set run.tile=317 --threads 2",
                           "--set run.tile=1024", "--memory 64MiB --threads 2"}) {
    ASSERT_EQ(box_.nadir(run("b", std::string("--restart ") + more)).exit_code, 0) << more;
    EXPECT_EQ(hashes("b"), expected) << more;
  }
}

TEST_F(OneResult, for_any_order_of_tiles) {
  ASSERT_EQ(box_.nadir(run("a")).exit_code, 0);
  const Registry registry = test::everything();
  const Graph graph = load_graph(box_.path("graph.yaml"), registry);
  for (const std::uint64_t order : {1U, 2U}) {
    const std::string name = "order" + std::to_string(order);
    RunOptions options;
    options.threads = 2;
    options.tile = 64;
    options.shuffle = order;
    std::filesystem::create_directories(box_.path(name + "/scene"));
    run_tiled(graph, {"scene", box_.path("scene.tif"), "", box_.path(name + "/scene"), box_.path(name + "/work")},
              options);
    EXPECT_EQ(hashes(name), hashes("a"));
  }
}

TEST_F(OneResult, for_units_in_any_order_put_together_at_the_end) {
  ASSERT_EQ(box_.nadir(run("a")).exit_code, 0);
  ASSERT_EQ(box_.nadir(run("b", "--unit 2/2")).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(box_.path("b/scene/out.tif")));
  const Outcome early = box_.nadir("finish graph.yaml scene.tif --out b");
  EXPECT_EQ(early.exit_code, 75) << early.err;
  EXPECT_NE(early.err.find("are missing"), std::string::npos) << early.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("b/scene/out.tif")));
  ASSERT_EQ(box_.nadir(run("b", "--unit 1/2 --threads 1 --memory 1GiB")).exit_code, 0);
  const Outcome finish = box_.nadir("finish graph.yaml scene.tif --out b");
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  EXPECT_EQ(hashes("b"), hashes("a"));
  EXPECT_EQ(box_.json("b/run.json")["scenes"][0]["status"], "done");
}

TEST_F(OneResult, for_units_of_folders_of_small_scenes) {
  ASSERT_EQ(box_.nadir("sample sample").exit_code, 0);
  const std::string scenes = test::config("degrade") + " sample/scenes --out ";
  ASSERT_EQ(box_.nadir("run " + scenes + "a").exit_code, 0);
  for (const char* unit : {"1/3", "3/3", "2/3"})
    ASSERT_EQ(box_.nadir("run " + scenes + "b --unit " + unit).exit_code, 0);
  const Outcome finish = box_.nadir("finish " + scenes + "b");
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  for (const std::string name : {"east", "south", "west"})
    EXPECT_EQ(box_.shell("cmp a/" + name + "/out.tif b/" + name + "/out.tif").exit_code, 0) << name;
}

TEST_F(OneResult, for_units_of_graphs_with_estimates_and_kept_images) {
  ASSERT_EQ(box_.nadir("sample sample").exit_code, 0);
  const std::string scene = test::config("landcover") +
                            " sample/scenes/west.tif --truth sample/survey.gpkg --set sharp.method=bicubic "
                            "--set model.trees=10 --set run.tile=128 --out ";
  ASSERT_EQ(box_.nadir("run " + scene + "a").exit_code, 0);
  for (const char* unit : {"2/2", "1/2"}) ASSERT_EQ(box_.nadir("run " + scene + "b --unit " + unit).exit_code, 0);
  const Outcome finish = box_.nadir("finish " + scene + "b");
  EXPECT_EQ(finish.exit_code, 0) << finish.err;
  for (const std::string name : {"mask", "confidence", "out"})
    EXPECT_EQ(box_.shell("cmp a/west/" + name + ".tif b/west/" + name + ".tif").exit_code, 0) << name;
}

TEST_F(OneResult, plan_prints_the_commands_of_units) {
  const Outcome plan = box_.nadir("plan graph.yaml scene.tif --out b --units 2");
  const std::string program = NADIR_PROGRAM;  // as it was called
  EXPECT_EQ(plan.out, program + " run graph.yaml scene.tif --out b --unit 1/2\n" + program +
                          " run graph.yaml scene.tif --out b --unit 2/2\n" + program +
                          " finish graph.yaml scene.tif --out b\n");
}

TEST_F(OneResult, after_25_kills_at_random_moments) {
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(box_.nadir(run("a")).exit_code, 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string expected = hashes("a");
  std::mt19937 random(3);
  int finished = 0;
  for (int kill = 0; kill < 25; ++kill) {
    const double after = 0.02 + seconds * double(random() % 1000) / 2500;
    const Outcome run_to_death = box_.shell("timeout -s KILL " + std::to_string(after) + " " NADIR_PROGRAM " " +
                                            run("b") + " || test $? -ge 124");
    ASSERT_EQ(run_to_death.exit_code, 0);
    for (const std::string file : {"out.tif", "plain.tif"}) {
      const bool is_there = std::filesystem::exists(box_.path("b/scene/" + file));
      EXPECT_TRUE(!is_there || box_.shell("cmp a/scene/" + file + " b/scene/" + file).exit_code == 0);
    }
    // Once complete, a run has nothing to do; begin again, so that every kill meets one that works.
    if (std::filesystem::exists(box_.path("b/.nadir/scene.done.json"))) {
      ++finished;
      box_.shell("rm -r b");
    }
  }
  const Outcome last = box_.nadir(run("b"));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(hashes("b"), expected);
  EXPECT_LT(finished, 20) << "most kills came too late to test anything";
}

TEST_F(OneResult, a_resumed_run_computes_only_the_missing_tiles_and_says_how_many) {
  ASSERT_EQ(box_.nadir(run("a")).exit_code, 0);
  // Stopped where about half of the tiles of the slow output are there.
  const Outcome half =
      box_.shell("(" NADIR_PROGRAM " " + run("b", "--threads 1") +
                 " & pid=$!; while :; do bytes=$(cat b/.nadir/scene/*out.journal 2>/dev/null | wc -c); "
                 "[ $bytes -gt 1500 ] && break; kill -0 $pid || break; done; kill -KILL $pid; wait $pid)");
  const Outcome rest = box_.nadir(run("b", "--trace trace.json"));
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(hashes("b"), hashes("a"));
  const std::size_t at = rest.err.find("tiles are there from an earlier run");
  ASSERT_NE(at, std::string::npos) << half.err << rest.err;
  int there = 0, all = 0, missing = 0;
  const std::string line = rest.err.substr(rest.err.rfind('\n', at) + 1);
  ASSERT_EQ(std::sscanf(line.substr(line.rfind(": ", line.find(" of ")) + 2).c_str(),
                        "%d of %d tiles are there from an earlier run, %d are missing", &there, &all, &missing),
            3)
      << line;
  EXPECT_GT(there, 0);
  EXPECT_EQ(there + missing, all);
  int writes = 0;
  for (const auto& event : box_.json("trace.json")["traceEvents"]) writes += event["name"] == "out";
  EXPECT_EQ(writes, missing);
}

TEST_F(OneResult, work_of_another_config_is_protected) {
  box_.shell("timeout -s KILL 1 " NADIR_PROGRAM " " + run("b"));
  if (box_.shell("cat b/.nadir/scene/*.journal | wc -c").out.size() < 3) GTEST_SKIP() << "killed before any tile";
  const Outcome other = box_.nadir(run("b", "--set calm.sigma_px=2"));
  EXPECT_EQ(other.exit_code, 64) << other.err;
  EXPECT_NE(other.err.find("another config"), std::string::npos) << other.err;
}

// Passes of estimates, kept images and several sinks, stopped after more and more tiles.
TEST(InterruptedGraph, goes_on_through_all_of_its_passes) {
  const test::Sandbox box;
  configure_io(std::size_t{64} << 20);
  app::write_sample(box.path("sample"), 3);
  const Registry registry = test::everything();
  const Graph graph = load_graph(test::config("landcover"), registry,
                                 {"run.tile=128", "sharp.method=bicubic", "model.trees=10", "run.seed=4"});
  const auto inputs = [&](const std::string& name) {
    SceneInputs in{"west", box.path("sample/scenes/west.tif"), box.path("sample/survey.gpkg"), box.path(name),
                   box.path(name + ".work")};
    std::filesystem::create_directories(in.output_dir);
    std::filesystem::create_directories(in.work_dir);
    in.resume_key = "key";
    return in;
  };
  RunOptions options;
  options.threads = 2;
  options.tile = 128;
  run_tiled(graph, inputs("a"), options);
  std::atomic<bool> stop{false};
  options.interrupted = &stop;
  bool complete = false;
  int runs = 0;
  for (; !complete && runs < 60; ++runs) {
    stop = false;
    int tiles_left = 5 + 4 * runs;  // an estimate that is interrupted begins again
    options.progress = [&](const std::string&, double) { stop = stop || --tiles_left == 0; };
    try {
      run_tiled(graph, inputs("b"), options);
      complete = true;
    } catch (const Error& e) {
      ASSERT_EQ(e.fault(), Fault::interrupted) << e.what();
    }
  }
  ASSERT_TRUE(complete);
  EXPECT_GT(runs, 3);
  for (const char* file : {"mask", "confidence", "out"})
    EXPECT_EQ(box.shell(std::string("cmp a/") + file + ".tif b/" + file + ".tif").exit_code, 0) << file;
}

}  // namespace
}  // namespace nadir
