// Figures of images that a graph compared with a reference, side by side.
#pragma once

#include <string>

#include "pipeline/app/record_json.h"

namespace nadir::app {

/// One row for each value of a scene of run.json that has them; empty where there is none.
std::string quality_table(const Json& scene);

}  // namespace nadir::app
