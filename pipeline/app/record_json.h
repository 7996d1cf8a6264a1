// Records, parameters and their values as JSON, keys in their stated order.
#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/core/params.h"
#include "pipeline/core/value.h"

namespace nadir::app {

using Json = nlohmann::ordered_json;

/// Numbers that JSON cannot hold (infinite, not a number) become null.
Json json_of(const Scalar& value);
Json json_of(const Record& record);
Json json_of(const ParamValue& value);

}  // namespace nadir::app
