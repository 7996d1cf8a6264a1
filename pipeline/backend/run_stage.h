// Runs a tile stage where it was asked to run: pixels of the graph live in host memory, a device stage gets copies.
#pragma once

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"

namespace nadir {

/// Calls stage.run on host views; on a device Exec it uploads the inputs, runs there, and downloads the outputs.
void run_stage(const TileStage& stage, Inputs in, Outputs out, Exec& exec);

}  // namespace nadir
