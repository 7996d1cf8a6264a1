#include "pipeline/app/bench_graph.h"

#include <gtest/gtest.h>

#include "io/io.h"
#include "pipeline/app/sample.h"
#include "pipeline/core/error.h"
#include "tests/end_to_end/sandbox.h"

namespace nadir::app {
namespace {

GraphBenchOptions degrade_bench(const test::Sandbox& box) {
  configure_io(std::size_t{64} << 20);
  write_sample(box.path("sample"), 1);
  GraphBenchOptions options;
  options.run.config = test::config("degrade");
  options.run.inputs = {box.path("sample/scenes/west.tif")};
  options.repeats = 2;
  return options;
}

TEST(BenchGraph, measures_every_combination_of_a_sweep_and_marks_at_least_one_as_best) {
  const test::Sandbox box;
  GraphBenchOptions options = degrade_bench(box);
  options.sweep = {"degraded.sigma_px=1,2", "degraded.factor=2,3"};
  const Json result = bench_graph(test::everything(), options);
  ASSERT_EQ(result["variants"].size(), 4U);
  int best = 0;
  for (const Json& v : result["variants"]) {
    EXPECT_GT(v["mpixel_s"].get<double>(), 0);
    EXPECT_TRUE(v["nodes"].contains("degraded"));
    best += v["pareto"].get<bool>();
  }
  EXPECT_GE(best, 1);
  EXPECT_EQ(result["variants"][3]["variant"], "degraded.sigma_px=2 degraded.factor=3");
  EXPECT_NE(bench_graph_text(result).find("degraded.factor=3"), std::string::npos);
  EXPECT_NE(compare_bench(result, result).find("1.000"), std::string::npos);
}

TEST(BenchGraph, refuses_a_sweep_that_is_none_and_a_comparison_of_different_kinds) {
  const test::Sandbox box;
  GraphBenchOptions options = degrade_bench(box);
  options.sweep = {"degraded.sigma_px"};
  EXPECT_THROW(bench_graph(test::everything(), options), Error);
  EXPECT_THROW(compare_bench(Json{{"stages", Json::array()}}, Json{{"variants", Json::array()}}), Error);
}

}  // namespace
}  // namespace nadir::app
