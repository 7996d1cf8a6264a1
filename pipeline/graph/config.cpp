// Checking a config against the registry, and wiring its nodes.
#include "pipeline/graph/config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/core/text.h"
#include "pipeline/graph/config_text.h"
#include "pipeline/graph/graph_order.h"

namespace nadir {
namespace {

constexpr std::size_t kLeastMemory = std::size_t{16} << 20;  // bytes; a smaller number has lost its unit

std::vector<std::string> names_of(const std::vector<Port>& ports) {
  std::vector<std::string> names;
  for (const Port& p : ports) names.push_back(p.name);
  return names;
}

std::vector<std::string> names_of(const ParamTable& table) {
  std::vector<std::string> names;
  for (const ParamSpec& s : table) names.push_back(s.name);
  return names;
}

std::string list(const std::vector<std::string>& names) { return names.empty() ? "none" : join(names); }

int index_of(const std::vector<Port>& ports, const std::string& name) {
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name) return int(i);
  return -1;
}

// Why a number is none, where only the quotes are wrong.
std::string quoted_advice(const ParamSpec& spec) {
  const bool takes_text =
      spec.type == ParamType::text || spec.type == ParamType::texts || spec.type == ParamType::choice;
  return takes_text ? "" : "; in quotes it is a text: write it without";
}

// Turns texts into nodes; collects complaints instead of stopping at the first.
class Builder {
 public:
  Builder(const ConfigText& text, const Registry& registry, std::vector<Diagnostic>& problems)
      : text_(text), registry_(registry), problems_(problems) {
    for (const NodeText& n : text.nodes) ids_.push_back(n.id);
  }

  Graph build() {
    Graph graph;
    read_run(graph.run);
    for (const NodeText& n : text_.nodes) graph.nodes.push_back(make_node(n));
    for (std::size_t i = 0; i < text_.nodes.size(); ++i)
      if (graph.nodes[i].stage) wire(graph, i);
    complain_about_unused(graph);
    return graph;
  }

 private:
  void complain(Place place, std::string path, std::string message) {
    problems_.push_back({place, std::move(path), std::move(message)});
  }

  ParamMap check_params(const std::map<std::string, Placed<ParamValue>>& given, const ParamTable& table,
                        const std::string& path, const std::string& owner) {
    ParamMap params;
    for (const auto& [name, placed] : given) {
      const ParamSpec* spec = find_param(table, name);
      if (!spec) {
        std::vector<std::string> known = names_of(table);
        const std::string near = did_you_mean(name, known);
        complain(placed.place, path + "/" + name,
                 owner + ": unknown parameter '" + name + "'" + (near.empty() ? "; known: " + list(known) : near));
        continue;
      }
      ParamValue value = placed.value;
      if (const auto complaint = check(*spec, value))
        complain(placed.place, path + "/" + name,
                 owner + ": " + *complaint + (placed.quoted ? quoted_advice(*spec) : ""));
      else
        params[name] = value;
    }
    return params;
  }

  void read_run(RunSettings& run) {
    run = read_params<RunSettings>(check_params(text_.run, params_of<RunSettings>(), "/run", "run"));
    const auto it = text_.run.find("memory");
    if (it != text_.run.end() && parse_bytes(run.memory).value_or(0) < kLeastMemory)
      complain(it->second.place, "/run/memory",
               "run: memory = " + run.memory + ", must be a size like 512MiB or 4GiB, and at least 16MiB");
  }

  Node make_node(const NodeText& text) {
    Node node{.id = text.id,
              .stage = nullptr,
              .params = {},
              .inputs = {},
              .materialize = text.materialize,
              .place = text.place};
    const std::string path = "/graph/" + text.id;
    if (!text.stage) {
      complain(text.place, path, "node '" + text.id + "' names no stage");
      return node;
    }
    node.stage = registry_.find(text.stage->value);
    if (!node.stage) {
      complain(text.stage->place, path + "/stage",
               "unknown stage '" + text.stage->value + "'" + did_you_mean(text.stage->value, registry_.names()) +
                   " (`nadir stages` lists all)");
      return node;
    }
    node.params = check_params(text.params, node.stage->params, path, node.stage->name + " '" + node.id + "'");
    for (const ParamSpec& spec : node.stage->params) require(spec, node, text);
    node.inputs.resize(node.stage->inputs.size());
    return node;
  }

  void require(const ParamSpec& spec, const Node& node, const NodeText& text) {
    const auto checked = node.params.find(spec.name);
    const bool is_open = checked == node.params.end() ? !text.params.contains(spec.name) : is_empty(checked->second);
    if (!spec.limits.required || !is_open) return;
    const char* value = spec.name == "path" ? "FILE" : spec.type == ParamType::texts ? "[…]" : "…";
    complain(node.place, "/graph/" + node.id,
             node.stage->name + " '" + node.id + "': " + spec.name + " is required; write it there, or add --set " +
                 node.id + "." + spec.name + "=" + value);
  }

  void wire(Graph& graph, std::size_t index) {
    Node& node = graph.nodes[index];
    const NodeText& text = text_.nodes[index];
    const std::string owner = node.stage->name + " '" + node.id + "'";
    const std::string path = "/graph/" + node.id + "/in";
    for (const auto& [given, source] : text.inputs) {
      used_.push_back(source.value.substr(0, source.value.find('.')));  // whatever else may be wrong with the wire
      if (node.stage->inputs.empty()) {
        complain(source.place, path, owner + " has no inputs");
        continue;
      }
      const int port = given.empty() ? 0 : index_of(node.stage->inputs, given);
      if (port < 0)
        complain(source.place, path + "/" + given,
                 owner + ": unknown input '" + given + "'; it has " + list(names_of(node.stage->inputs)));
      else
        connect(graph, node, port, source, path);
    }
    for (std::size_t p = 0; p < node.inputs.size(); ++p) {
      const Port& port = node.stage->inputs[p];
      const bool given = text.inputs.contains(port.name) || (p == 0 && text.inputs.contains(""));
      if (!given && !port.optional)
        complain(node.place, path, owner + ": input '" + port.name + "' (" + name_of(port.type) + ") is not connected");
    }
  }

  void connect(const Graph& graph, Node& node, int port, const Placed<std::string>& source, const std::string& path) {
    const std::string owner = node.stage->name + " '" + node.id + "'";
    const std::size_t dot = source.value.find('.');
    const std::string id = source.value.substr(0, dot);
    const int from = graph.find(id);
    if (from < 0) {
      complain(source.place, path, owner + ": there is no node '" + id + "'" + did_you_mean(id, ids_));
      return;
    }
    const StageInfo* stage = graph.nodes[std::size_t(from)].stage;
    if (!stage) return;  // complained about already
    const int output = dot == std::string::npos ? 0 : index_of(stage->outputs, source.value.substr(dot + 1));
    if (output < 0 || stage->outputs.empty()) {
      complain(source.place, path,
               owner + ": '" + source.value + "' is not an output; '" + id + "' (" + stage->name + ") has " +
                   list(names_of(stage->outputs)));
      return;
    }
    const PortType wanted = node.stage->inputs[std::size_t(port)].type;
    const PortType got = stage->outputs[std::size_t(output)].type;
    if (wanted != got) {
      complain(source.place, path,
               owner + ": input '" + node.stage->inputs[std::size_t(port)].name + "' takes " + name_of(wanted) +
                   ", but '" + source.value + "' (" + stage->name + ") gives " + name_of(got));
      return;
    }
    node.inputs[std::size_t(port)] = PortRef{from, output};
  }

  void complain_about_unused(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      const bool needs_reader = node.stage && !node.stage->as<SinkFactory>() && !node.stage->as<EstimateFactory>();
      if (needs_reader && std::find(used_.begin(), used_.end(), node.id) == used_.end())
        complain(node.place, "/graph/" + node.id,
                 node.stage->name + " '" + node.id + "' leads nowhere: nothing reads it; write it or remove it");
    }
  }

  const ConfigText& text_;
  const Registry& registry_;
  std::vector<Diagnostic>& problems_;
  std::vector<std::string> ids_;
  std::vector<std::string> used_;
};

}  // namespace

int Graph::find(const std::string& id) const {
  for (std::size_t n = 0; n < nodes.size(); ++n)
    if (nodes[n].id == id) return int(n);
  return -1;
}

// A sample comes and goes over a bus of some 20 GB/s, so a device does 2.5 G samples a second at most. A CPU does this
// much with 100 operations a sample on all of its cores, and far less with 1000 and more.
bool Graph::wants_device(const Node& node) const {
  constexpr double kWorthTheWay = 1000;  // operations a sample
  if (!node.stage->on_device || run.device == DeviceChoice::cpu) return false;
  return run.device == DeviceChoice::cuda || node.stage->flops_per_sample >= kWorthTheWay;
}

Graph parse_graph(const std::string& text, const std::string& file, const Registry& registry,
                  const std::vector<std::string>& overrides) {
  std::vector<Diagnostic> problems;
  ConfigText config = read_config_text(text, problems);
  for (const std::string& o : overrides) apply_override(o, config, problems);
  Graph graph = Builder(config, registry, problems).build();
  graph.file = file;
  fill_ports(graph, registry);
  sort_topologically(graph, problems);
  if (problems.empty()) return graph;
  std::stable_sort(problems.begin(), problems.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  throw ConfigError(file, std::move(problems));
}

Graph load_graph(const std::string& path, const Registry& registry, const std::vector<std::string>& overrides) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) throw Error(Fault::missing, "the config " + path + " is a folder");
  std::ifstream file(path);
  if (!file) throw Error(Fault::missing, "the config " + path + " cannot be read: " + std::strerror(errno));
  std::stringstream text;
  text << file.rdbuf();
  if (text.view().find('\0') != std::string_view::npos)
    throw Error(Fault::config, path + " is no text, so no config; the config comes first, then the scenes");
  return parse_graph(text.str(), path, registry, overrides);
}

}  // namespace nadir
