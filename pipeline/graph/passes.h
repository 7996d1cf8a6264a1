// The order of work that a graph allows: which passes over the scene there are, and which images are kept between them.
#pragma once

#include <vector>

#include "pipeline/graph/config.h"

namespace nadir {

/// One streamed pass over a scene: either tiles flow into sinks and kept images, or blocks into one estimate.
struct Pass {
  int level = 0;               ///< number of estimates that had to be concluded before
  std::vector<int> sinks;      ///< sink nodes that are complete after this pass
  std::vector<PortRef> keeps;  ///< outputs that later passes read instead of computing them again
  int estimate = -1;           ///< node of the estimate that is concluded, or -1
  bool tiles() const { return estimate < 0; }
};

/// Every sink, kept output and estimate of the graph appears in exactly one pass. An output is kept when several passes
/// need it and computing it costs more than writing and reading it, or as `materialize` says.
std::vector<Pass> plan_passes(const Graph& graph);

/// By node the number of estimates that must be concluded, one after the other, before it can be made.
std::vector<int> levels_of(const Graph& graph);

/// True when the pixels of this input are read; false for values, unwired ports, and ports that only look at the grid.
bool reads_pixels(const Node& node, std::size_t input);

/// True when some pass keeps this output.
bool is_kept(const std::vector<Pass>& passes, const PortRef& ref);

/// Nodes whose pixels the pass evaluates, in topological order, itself and everything upstream up to what was kept by
/// earlier passes.
std::vector<int> nodes_of(const Graph& graph, const std::vector<Pass>& passes, std::size_t pass);

}  // namespace nadir
