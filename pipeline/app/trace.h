// A trace of a run in the format that Perfetto and chrome://tracing open.
#pragma once

#include <string>

#include "pipeline/graph/run.h"

namespace nadir::app {

std::string trace_json(const Trace& trace, const Graph& graph);

}  // namespace nadir::app
