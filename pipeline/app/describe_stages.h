// What `nadir stages` prints: everything that the registry knows of stages.
#pragma once

#include <string>

#include "pipeline/app/record_json.h"
#include "pipeline/core/registry.h"

namespace nadir::app {

/// One line a stage, by family.
std::string list_stages(const Registry& registry);
/// Ports and parameters of one stage.
std::string explain_stage(const StageInfo& stage);

/// What `run:` sets, and what every node takes beside its own parameters.
std::string explain_run(const ParamTable& run);
Json run_settings_json(const ParamTable& run);
constexpr const char* kMaterializeDoc =
    "Keep the images of this node on disk between passes (true), or compute them anew in each (false); without it they "
    "are kept where several passes need them and computing costs more than writing.";

Json stages_json(const Registry& registry);
Json stage_json(const StageInfo& stage);

/// "source", "value", "tile", "estimate" or "sink".
std::string kind_of(const StageInfo& stage);

/// The stage, or Error(Fault::usage) with the nearest known name.
const StageInfo& stage_named(const Registry& registry, const std::string& name);

}  // namespace nadir::app
