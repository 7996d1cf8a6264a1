// Levels of estimates, and the choice of what to keep between passes.
#include "pipeline/graph/passes.h"

#include <algorithm>
#include <set>

namespace nadir {
namespace {

// Writing and reading a sample of a kept image costs about as much as this many operations.
constexpr double kFlopsOfKeeping = 200;

bool is_tile_node(const Node& n) { return n.stage->as<TileFactory>() != nullptr; }
bool is_estimate(const Node& n) { return n.stage->as<EstimateFactory>() != nullptr; }
bool is_sink(const Node& n) { return n.stage->as<SinkFactory>() != nullptr; }

// Passes are named by level and estimate; tile passes have estimate -1 and come first within their level.
using PassKey = std::pair<int, int>;

class Chooser {
 public:
  explicit Chooser(const Graph& graph) : graph_(graph), levels_(levels_of(graph)) {}

  std::vector<Pass> choose() {
    std::vector<bool> kept(graph_.nodes.size(), false);
    const auto candidates = users(kept);
    std::vector<double> cost(graph_.nodes.size(), 0);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (!is_tile_node(node)) continue;
      cost[n] = node.stage->flops_per_sample;
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (reads_pixels(node, i) && !kept[std::size_t(node.inputs[i]->node)])
          cost[n] += cost[std::size_t(node.inputs[i]->node)];
      kept[n] = node.materialize.value_or(candidates[n].size() > 1 && cost[n] >= kFlopsOfKeeping);
    }
    const auto final_users = users(kept);
    for (std::size_t n = 0; n < kept.size(); ++n)
      kept[n] = kept[n] && (graph_.nodes[n].materialize || final_users[n].size() > 1);
    return make_passes(kept);
  }

 private:
  // For every node the passes that evaluate it, when the outputs of `kept` nodes are kept.
  std::vector<std::set<PassKey>> users(const std::vector<bool>& kept) const {
    std::vector<std::set<PassKey>> result(graph_.nodes.size());
    for (std::size_t k = graph_.nodes.size(); k-- > 0;) {
      const Node& node = graph_.nodes[k];
      std::set<PassKey> passes = result[k];
      if (is_sink(node)) passes = {{levels_[k], -1}};
      if (is_estimate(node)) passes = {{levels_[k], int(k)}};
      if (is_tile_node(node) && kept[k]) passes = {{levels_[k], -1}};
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (reads_pixels(node, i)) result[std::size_t(node.inputs[i]->node)].insert(passes.begin(), passes.end());
    }
    return result;
  }

  std::vector<Pass> make_passes(const std::vector<bool>& kept) const {
    std::vector<Pass> passes;
    const int last = levels_.empty() ? -1 : *std::max_element(levels_.begin(), levels_.end());
    for (int level = 0; level <= last; ++level) {
      Pass tiles{.level = level, .sinks = {}, .keeps = {}, .estimate = -1};
      std::vector<Pass> estimates;
      for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
        if (levels_[n] != level) continue;
        if (is_sink(graph_.nodes[n])) tiles.sinks.push_back(int(n));
        if (kept[n]) add_keeps(int(n), tiles.keeps);
        if (is_estimate(graph_.nodes[n])) estimates.push_back({level, {}, {}, int(n)});
      }
      if (!tiles.sinks.empty() || !tiles.keeps.empty()) passes.push_back(tiles);
      passes.insert(passes.end(), estimates.begin(), estimates.end());
    }
    return passes;
  }

  void add_keeps(int node, std::vector<PortRef>& keeps) const {
    for (const Node& reader : graph_.nodes)
      for (std::size_t i = 0; i < reader.inputs.size(); ++i)
        if (reads_pixels(reader, i) && reader.inputs[i]->node == node &&
            std::find(keeps.begin(), keeps.end(), *reader.inputs[i]) == keeps.end())
          keeps.push_back(*reader.inputs[i]);
  }

  const Graph& graph_;
  std::vector<int> levels_;
};

}  // namespace

std::vector<int> levels_of(const Graph& graph) {
  std::vector<int> levels(graph.nodes.size(), 0);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    for (const auto& in : graph.nodes[n].inputs)
      if (in) levels[n] = std::max(levels[n], levels[std::size_t(in->node)] + is_estimate(graph.producer(*in)));
  return levels;
}

bool reads_pixels(const Node& node, std::size_t input) {
  const Port& port = node.stage->inputs[input];
  return node.inputs[input] && is_raster(port.type) && !port.info_only;
}

std::vector<Pass> plan_passes(const Graph& graph) { return Chooser(graph).choose(); }

bool is_kept(const std::vector<Pass>& passes, const PortRef& ref) {
  return std::any_of(passes.begin(), passes.end(),
                     [&ref](const Pass& p) { return std::find(p.keeps.begin(), p.keeps.end(), ref) != p.keeps.end(); });
}

std::vector<int> nodes_of(const Graph& graph, const std::vector<Pass>& passes, std::size_t pass) {
  const std::vector<Pass> earlier(passes.begin(), passes.begin() + std::ptrdiff_t(pass));
  std::vector<bool> wanted(graph.nodes.size(), false);
  for (const int s : passes[pass].sinks) wanted[std::size_t(s)] = true;
  for (const PortRef& k : passes[pass].keeps) wanted[std::size_t(k.node)] = true;
  if (!passes[pass].tiles()) wanted[std::size_t(passes[pass].estimate)] = true;
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    if (!wanted[n]) continue;
    const Node& node = graph.nodes[n];
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (reads_pixels(node, i) && !is_kept(earlier, *node.inputs[i])) wanted[std::size_t(node.inputs[i]->node)] = true;
  }
  std::vector<int> nodes;
  for (std::size_t n = 0; n < wanted.size(); ++n)
    if (wanted[n]) nodes.push_back(int(n));
  return nodes;
}

}  // namespace nadir
