// Checking a config against the registry, and wiring its nodes.
#include "pipeline/graph/config.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/graph/config_text.h"

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

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
  return text.empty() ? "none" : text;
}

int index_of(const std::vector<Port>& ports, const std::string& name) {
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name) return int(i);
  return -1;
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
        complain(placed.place, path + "/" + name, owner + ": " + *complaint);
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
    node.inputs.resize(node.stage->inputs.size());
    return node;
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

// Adds the estimate nodes that fill optional ports by default, one for equal needs.
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

// Kahn's algorithm in the author's order; what remains is a cycle.
void sort_topologically(Graph& graph, std::vector<Diagnostic>& problems) {
  std::vector<int> position(graph.nodes.size(), -1);
  std::vector<int> order;
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      if (position[n] >= 0) continue;
      const bool ready = std::all_of(graph.nodes[n].inputs.begin(), graph.nodes[n].inputs.end(),
                                     [&](const auto& in) { return !in || position[std::size_t(in->node)] >= 0; });
      if (!ready) continue;
      position[n] = int(order.size());
      order.push_back(int(n));
      progress = true;
    }
  }
  if (order.size() != graph.nodes.size()) {
    std::string ids;
    Place place;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      if (position[n] < 0) {
        if (ids.empty()) place = graph.nodes[n].place;
        ids += (ids.empty() ? "" : ", ") + graph.nodes[n].id;
      }
    problems.push_back({place, "/graph", "these nodes wait for each other in a cycle, or for a node in one: " + ids});
    return;
  }
  std::vector<Node> sorted;
  for (const int n : order) {
    sorted.push_back(std::move(graph.nodes[std::size_t(n)]));
    for (auto& in : sorted.back().inputs)
      if (in) in->node = position[std::size_t(in->node)];
  }
  graph.nodes = std::move(sorted);
}

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

std::optional<std::size_t> parse_bytes(const std::string& text) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  std::string unit = text.substr(used);
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  for (char& c : unit) c = char(std::tolower(static_cast<unsigned char>(c)));
  const std::string prefixes = "kmgt";
  double factor = 1;
  if (!unit.empty() && unit != "b") {
    const std::size_t power = prefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string::npos || (rest != "ib" && rest != "b" && !rest.empty())) return std::nullopt;
    for (std::size_t i = 0; i <= power; ++i) factor *= rest == "b" ? 1000 : 1024;
  }
  const double bytes = value * factor;
  if (!(bytes >= 1) || bytes > 1e18) return std::nullopt;
  return std::size_t(bytes);
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
  if (!file) throw Error(Fault::missing, "the config " + path + " cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return parse_graph(text.str(), path, registry, overrides);
}

}  // namespace nadir
