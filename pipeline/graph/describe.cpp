// Pictures of a graph as text.
#include "pipeline/graph/describe.h"

#include <algorithm>
#include <string_view>

namespace nadir {
namespace {

// Mermaid ids must hold neither dots nor any other sign of its language.
std::string plain_id(std::string id) {
  for (char& c : id)
    if (std::string_view(" .,;:\"'`\\/|&#%@$!?*+=~^<>()[]{}").find(c) != std::string_view::npos) c = '_';
  return id;
}

std::string replaced(const std::string& text, char what, const std::string& by) {
  std::string result;
  for (const char c : text) result += c == what ? by : std::string(1, c);
  return result;
}

// Between quotes, in either language.
std::string dot_text(const std::string& text) { return replaced(replaced(text, '\\', "\\\\"), '"', "\\\""); }
std::string mermaid_text(const std::string& text) {
  return replaced(replaced(replaced(text, '#', "#35;"), '"', "#quot;"), '<', "#lt;");
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
  for (const Node& n : graph.nodes)
    text += "  \"" + dot_text(n.id) + "\" [label=\"" + dot_text(n.id) + "\\n" + n.stage->name + "\"];\n";
  for_each_edge(graph, [&text](const Node& from, const std::string& type, const Node& to) {
    text += "  \"" + dot_text(from.id) + "\" -> \"" + dot_text(to.id) + "\" [label=\"" + type + "\"];\n";
  });
  return text + "}\n";
}

std::string graph_as_mermaid(const Graph& graph) {
  std::string text = "flowchart LR\n";
  for (const Node& n : graph.nodes)
    text += "  " + plain_id(n.id) + "[\"" + mermaid_text(n.id) + "<br/><small>" + n.stage->name + "</small>\"]\n";
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
