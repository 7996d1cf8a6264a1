// What a run is the same run by.
#pragma once

#include <map>
#include <string>

#include "pipeline/app/record_json.h"
#include "pipeline/app/run_command.h"
#include "pipeline/graph/config.h"

namespace nadir::app {

/// The fingerprint of a file and of the files beside it that say how it is to be read; that of the file alone where
/// there are none, empty for what is no regular file.
std::string fingerprint_with_sidecars(const std::string& path);

/// Hashes of everything that outputs depend on beside the scenes, by a name for messages: config, survey, files that
/// the config names, version of the program. Tile size and memory are no part of it, for they change no bit.
std::map<std::string, std::string> run_identity(const RunRequest& request, const Graph& graph, Json config);

}  // namespace nadir::app
