// `nadir run` and `nadir plan`: a graph over many scenes.
#pragma once

#include <string>
#include <vector>

#include "pipeline/app/log.h"
#include "pipeline/core/registry.h"
#include "pipeline/graph/config.h"

namespace nadir::app {

/// What the command line says; empty or zero where it says nothing.
struct RunRequest {
  std::string config;
  std::vector<std::string> inputs;
  std::string out;
  std::string truth;
  std::vector<std::string> overrides;
  std::string device;
  int threads = 0;
  std::string memory;
  std::string trace;
  std::string unit;          ///< "2/4": the second of four processes that share the work
  int units = 0;             ///< of `nadir plan`: print the commands for so many processes
  bool only_finish = false;  ///< put together what the units left
  bool restart = false;
  bool fail_fast = false;
  bool quiet = false;
  bool json = false;
  LogFormat log_format = LogFormat::text;
  std::string command_line;
  std::string program = "nadir";  ///< as it was called, for commands that are printed
};

/// All return the program's exit code, or throw what keeps the whole run from starting.
int run_command(const RunRequest& request, const Registry& registry);
int plan_command(const RunRequest& request, const Registry& registry);

/// Writes DIR/report.html from DIR/run.json.
int report_command(const std::string& dir);

/// The config with the command line's overrides and settings applied.
Graph configured_graph(const RunRequest& request, const Registry& registry);
int thread_count(const Graph& graph);

}  // namespace nadir::app
