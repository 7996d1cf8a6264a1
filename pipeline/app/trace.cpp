// Trace events as JSON.
#include "pipeline/app/trace.h"

#include <nlohmann/json.hpp>

namespace nadir::app {

std::string trace_json(const Trace& trace, const Graph& graph) {
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  for (const TraceEvent& e : trace.events()) {
    const Node& node = graph.nodes[std::size_t(e.node)];
    events.push_back({{"name", node.id},
                      {"cat", node.stage->name},
                      {"ph", "X"},
                      {"ts", e.start_us},
                      {"dur", e.duration_us},
                      {"pid", 1},
                      {"tid", e.thread},
                      {"args", {{"tile", e.token}}}});
  }
  return nlohmann::ordered_json{{"traceEvents", events}}.dump() + "\n";
}

}  // namespace nadir::app
