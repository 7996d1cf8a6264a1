// What is looked at before a run starts, so that a slip costs neither hours nor results.
#pragma once

#include <vector>

#include "pipeline/app/run_command.h"
#include "pipeline/app/scenes.h"

namespace nadir::app {

/// Throw Error(Fault::usage) or Error(Fault::missing) for what a run cannot be started with.
void check_out_is_no_input(const RunRequest& request, const std::vector<SceneFile>& scenes);
void check_truth(const RunRequest& request, const Graph& graph);
void check_trace_folder(const RunRequest& request);
void check_restart(const RunRequest& request);

/// Inputs on the command line that no node of the graph reads, as warnings.
std::vector<std::string> unread_inputs(const RunRequest& request, const Graph& graph);

}  // namespace nadir::app
