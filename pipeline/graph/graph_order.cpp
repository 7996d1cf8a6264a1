// Filling ports, sorting nodes, finding cycles.
#include "pipeline/graph/graph_order.h"

#include <algorithm>

namespace nadir {
namespace {

// The first node of these that node n reads; -1 where it reads none.
int read_among(const Graph& graph, int n, const std::vector<bool>& among) {
  for (const auto& in : graph.nodes[std::size_t(n)].inputs)
    if (in && among[std::size_t(in->node)]) return in->node;
  return -1;
}

// Every waiting node reads another one that waits, so whoever walks on comes to a cycle. Nodes that only read from a
// cycle are on none.
void complain_about_cycles(const Graph& graph, const std::vector<bool>& waits, std::vector<Diagnostic>& problems) {
  std::vector<int> walk_of(graph.nodes.size(), -1);
  for (int start = 0; start < int(graph.nodes.size()); ++start) {
    if (!waits[std::size_t(start)]) continue;
    int n = start;
    for (; walk_of[std::size_t(n)] < 0; n = read_among(graph, n, waits)) walk_of[std::size_t(n)] = start;
    if (walk_of[std::size_t(n)] != start) continue;  // into what another walk has found
    std::string ids = graph.nodes[std::size_t(n)].id;
    Place place = graph.nodes[std::size_t(n)].place;
    for (int m = read_among(graph, n, waits); m != n; m = read_among(graph, m, waits)) {
      const Node& node = graph.nodes[std::size_t(m)];
      ids += " <- " + node.id;
      if (node.place.line < place.line) place = node.place;
    }
    problems.push_back(
        {place, "/graph",
         "these nodes wait for each other in a cycle: " + ids + " <- " + graph.nodes[std::size_t(n)].id});
  }
}

}  // namespace

void fill_ports(Graph& graph, const Registry& registry) {
  const std::size_t count = graph.nodes.size();
  for (std::size_t n = 0; n < count; ++n)
    for (std::size_t p = 0; p < graph.nodes[n].inputs.size(); ++p) {
      const Port port = graph.nodes[n].stage->inputs[p];
      if (graph.nodes[n].inputs[p] || port.filled_by.empty()) continue;
      const StageInfo* stage = registry.find(port.filled_by);
      const std::optional<PortRef> image = graph.nodes[n].inputs[0];
      if (!stage || !image) continue;
      int filler = -1;
      for (std::size_t k = count; k < graph.nodes.size(); ++k)
        if (graph.nodes[k].stage == stage && graph.nodes[k].inputs[0] == image) filler = int(k);
      if (filler < 0) {
        filler = int(graph.nodes.size());
        Node node{.id = graph.nodes[n].id + "." + port.name,
                  .stage = stage,
                  .params = {},
                  .inputs = {},
                  .materialize = {},
                  .place = graph.nodes[n].place};
        node.inputs.resize(stage->inputs.size());
        node.inputs[0] = image;
        graph.nodes.push_back(std::move(node));
      }
      graph.nodes[n].inputs[p] = PortRef{filler, 0};
    }
}

// Kahn's algorithm in the author's order.
void sort_topologically(Graph& graph, std::vector<Diagnostic>& problems) {
  std::vector<bool> waits(graph.nodes.size(), true);
  std::vector<int> position(graph.nodes.size(), -1);
  std::vector<int> order;
  for (bool progress = true; progress;) {
    progress = false;
    for (int n = 0; n < int(graph.nodes.size()); ++n) {
      if (!waits[std::size_t(n)] || read_among(graph, n, waits) >= 0) continue;
      waits[std::size_t(n)] = false;
      position[std::size_t(n)] = int(order.size());
      order.push_back(n);
      progress = true;
    }
  }
  if (order.size() != graph.nodes.size()) return complain_about_cycles(graph, waits, problems);
  std::vector<Node> sorted;
  for (const int n : order) {
    sorted.push_back(std::move(graph.nodes[std::size_t(n)]));
    for (auto& in : sorted.back().inputs)
      if (in) in->node = position[std::size_t(in->node)];
  }
  graph.nodes = std::move(sorted);
}

}  // namespace nadir
