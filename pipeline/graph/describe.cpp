// Pictures of a graph as text.
#include "pipeline/graph/describe.h"

#include <algorithm>

namespace nadir {
namespace {

// Mermaid ids must not hold dots.
std::string plain_id(std::string id) {
  std::replace(id.begin(), id.end(), '.', '_');
  return id;
}

template <class F>
void for_each_edge(const Graph& graph, F f) {
  for (const Node& node : graph.nodes)
    for (const auto& in : node.inputs)
      if (in) f(graph.producer(*in), name_of(graph.port(*in).type), node);
}

}  // namespace

std::string graph_as_dot(const Graph& graph) {
  std::string text = "digraph nadir {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const Node& n : graph.nodes) text += "  \"" + n.id + "\" [label=\"" + n.id + "\\n" + n.stage->name + "\"];\n";
  for_each_edge(graph, [&text](const Node& from, const std::string& type, const Node& to) {
    text += "  \"" + from.id + "\" -> \"" + to.id + "\" [label=\"" + type + "\"];\n";
  });
  return text + "}\n";
}

std::string graph_as_mermaid(const Graph& graph) {
  std::string text = "flowchart LR\n";
  for (const Node& n : graph.nodes)
    text += "  " + plain_id(n.id) + "[\"" + n.id + "<br/><small>" + n.stage->name + "</small>\"]\n";
  for_each_edge(graph, [&text](const Node& from, const std::string& type, const Node& to) {
    text += "  " + plain_id(from.id) + " -- " + type + " --> " + plain_id(to.id) + "\n";
  });
  return text;
}

std::string graph_as_text(const Graph& graph) {
  std::size_t width = 0;
  for (const Node& n : graph.nodes) width = std::max(width, n.id.size());
  std::string text;
  for (const Node& n : graph.nodes) {
    std::string inputs;
    for (std::size_t i = 0; i < n.inputs.size(); ++i) {
      if (!n.inputs[i]) continue;
      const Node& from = graph.producer(*n.inputs[i]);
      const std::string output = n.inputs[i]->output > 0 ? "." + graph.port(*n.inputs[i]).name : "";
      inputs += (inputs.empty() ? " <- " : ", ") + n.stage->inputs[i].name + ": " + from.id + output;
    }
    text += n.id + std::string(width - n.id.size() + 2, ' ') + n.stage->name + inputs + "\n";
  }
  return text;
}

}  // namespace nadir
