// The page that a run leaves for its reader.
#pragma once

#include <string>

#include "pipeline/app/record_json.h"

namespace nadir::app {

/// One self-contained HTML page from a run.json. Keys that are missing are left out; links are relative to the folder
/// that the page stands in.
std::string report_html(const Json& run);

}  // namespace nadir::app
