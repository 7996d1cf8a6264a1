// Pictures of a graph as text.
#pragma once

#include <string>

#include "pipeline/graph/config.h"

namespace nadir {

std::string graph_as_dot(const Graph& graph);
std::string graph_as_mermaid(const Graph& graph);
std::string graph_as_text(const Graph& graph);

}  // namespace nadir
