// Values of parameters from YAML.
#pragma once

#include <yaml-cpp/yaml.h>

#include "pipeline/core/params.h"

namespace nadir {

bool is_quoted(const YAML::Node& node);

/// A plain scalar by the YAML 1.2 core rules; a quoted one is always text.
ParamValue scalar(const YAML::Node& node);

/// Numbers where all items are numbers, else texts. The items are scalars.
ParamValue sequence(const YAML::Node& node);

}  // namespace nadir
