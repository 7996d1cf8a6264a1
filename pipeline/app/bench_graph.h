// How fast a whole graph is on a scene, and what quality a parameter buys for which time.
#pragma once

#include <string>
#include <vector>

#include "pipeline/app/record_json.h"
#include "pipeline/app/run_command.h"

namespace nadir::app {

struct GraphBenchOptions {
  RunRequest run;  ///< config, inputs (the first scene counts), survey, overrides, device, threads, memory
  std::vector<std::string> sweep;  ///< "node.parameter=a,b,c": every combination is a variant
  int repeats = 3;
};

/// Runs every variant `repeats` times into a folder that is removed afterwards. Medians of wall and CPU seconds, pixels
/// of the scene per second, peak memory, seconds per node, and the quality figures that the graph itself reports; with
/// several variants, which of them are on the Pareto front of quality against time.
Json bench_graph(const Registry& registry, const GraphBenchOptions& options);
std::string bench_graph_text(const Json& result);

/// Rates of two results of `nadir bench --json` beside each other, by stage or variant.
std::string compare_bench(const Json& before, const Json& now);

}  // namespace nadir::app
