// Figures of images that a graph compared with a reference, side by side.
#pragma once

#include <string>

#include "pipeline/app/record_json.h"

namespace nadir::app {

/// One row for each value of a scene of run.json that has them; empty where there is none.
std::string quality_table(const Json& scene);

/// The figures of all scenes of run.json as comma-separated values: a row for each scene and comparing node, and the
/// mean of each such node over the scenes. `seconds` is what the node that made the compared image took, without what
/// came before it. Empty where nothing was compared.
std::string quality_csv(const Json& run);

}  // namespace nadir::app
