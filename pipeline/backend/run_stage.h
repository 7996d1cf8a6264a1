// Runs a tile stage where it was asked to run: pixels of the graph live in host memory, a device stage gets copies.
#pragma once

#include <string>

#include "pipeline/backend/exec_pool.h"
#include "pipeline/core/stage.h"

namespace nadir {

/// Calls stage.run on host views; on a device Exec it uploads the inputs, runs there, and downloads the outputs, as far
/// as the stage wants that.
void run_stage(const TileStage& stage, Inputs in, Outputs out, Exec& exec);

/// The same on an Exec of the pool. Where memory of the device was missing it says so, and outputs are not to be used;
/// nothing where there was enough.
std::string run_stage_if_memory_does(const TileStage& stage, Inputs in, Outputs out, ExecPool& execs);

}  // namespace nadir
