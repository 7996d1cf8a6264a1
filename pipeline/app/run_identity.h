// What a run is the same run by.
#pragma once

#include <map>
#include <string>

#include "pipeline/app/record_json.h"
#include "pipeline/app/run_command.h"
#include "pipeline/graph/config.h"

namespace nadir::app {

/// Hashes of everything that outputs depend on beside the scenes, by a name for messages: config, survey, files that
/// the config names, version of the program. Tile size and memory are no part of it, for they change no bit.
std::map<std::string, std::string> run_identity(const RunRequest& request, const Graph& graph, Json config);

}  // namespace nadir::app
