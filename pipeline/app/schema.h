// The JSON Schema of configs, for editors.
#pragma once

#include "pipeline/app/record_json.h"
#include "pipeline/core/registry.h"

namespace nadir::app {

/// Draft 2020-12, made from the tables of the `run` section and of every stage, and from nothing else.
Json config_schema(const Registry& registry, const ParamTable& run);

}  // namespace nadir::app
