// One pass over a scene: tiles on their way through a oneTBB flow graph.
#pragma once

#include <string>
#include <vector>

#include "pipeline/graph/run.h"
#include "pipeline/graph/workers.h"

namespace nadir {

/// Computes what the plan's tokens ask for, at most as many at once as the plan and the shared budget allow. Returns
/// the evidence of estimates by token. `what` names the pass in progress reports.
std::vector<std::unique_ptr<Evidence>> run_pass(Scene& scene, const PassPlan& plan, const RunOptions& options,
                                                Workers& workers, const std::string& what);

}  // namespace nadir
