// What a run says of a scene in one line.
#pragma once

#include <string>

#include "pipeline/graph/run.h"

namespace nadir::app {

/// The figures that a user looks for first, each with a comma before it: accuracies, gain in PSNR, the shift or why
/// there is none. Where several nodes found the same, with their names.
std::string findings(const SceneReport& report);

}  // namespace nadir::app
