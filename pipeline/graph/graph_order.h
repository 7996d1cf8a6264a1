// The second half of reading a config: what its author left out, and the order of its nodes.
#pragma once

#include <vector>

#include "pipeline/graph/config.h"

namespace nadir {

/// Adds the estimate nodes that fill optional ports by default, one for equal needs.
void fill_ports(Graph& graph, const Registry& registry);

/// Puts each node behind what it reads, else as their author did. Complains about every cycle, and then changes
/// nothing.
void sort_topologically(Graph& graph, std::vector<Diagnostic>& problems);

}  // namespace nadir
