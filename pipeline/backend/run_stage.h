// Runs a tile stage where it was asked to run: pixels of the graph live in host memory, a device stage gets copies.
#pragma once

#include <string>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"

namespace nadir {

/// Calls stage.run on host views; on a device Exec it uploads the inputs, runs there, and downloads the outputs, as far
/// as the stage wants that.
void run_stage(const TileStage& stage, Inputs in, Outputs out, Exec& exec);

/// The same, and where the device's memory does not do, once more on the CPU. Says what was missing, or nothing.
std::string run_stage_or_fall_back(const TileStage& stage, Inputs in, Outputs out, Exec& exec);

}  // namespace nadir
