// YAML to nodes whose references are still names.
#include "pipeline/graph/config_text.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "pipeline/core/text.h"
#include "pipeline/graph/yaml_values.h"

namespace nadir {
namespace {

Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }
Place place_of(const YAML::Node& node) { return place_of(node.Mark()); }

// The first line that a TAB indents, from 1; 0 where there is none.
int line_behind_a_tab(const std::string& text) {
  std::istringstream lines(text);
  int number = 1;
  for (std::string line; std::getline(lines, line); ++number) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin != std::string::npos && line.find('\t') < begin) return number;
  }
  return 0;
}

// What the parser's words do not tell.
Diagnostic unreadable(const std::string& text, const YAML::ParserException& e) {
  if (const int line = line_behind_a_tab(text))
    return {{line, 1}, "", "a TAB stands before the first word of this line; YAML indents by blanks only"};
  return {place_of(e.mark), "", "not readable as YAML: " + e.msg};
}

bool is_node_id(const std::string& id) {
  static const std::regex pattern(kNodeIdPattern);
  return std::regex_match(id, pattern);
}

class Reader {
 public:
  explicit Reader(std::vector<Diagnostic>& problems) : problems_(problems) {}

  ConfigText read(const YAML::Node& root) {
    ConfigText config;
    if (!root.IsMap()) {
      complain(root, "", "a config is a map with the keys nadir, run and graph");
      return config;
    }
    bool has_version = false;
    bool has_graph = false;
    for_each_key(root, "", {"nadir", "run", "graph"}, [&](const std::string& key, const YAML::Node& value) {
      if (key == "nadir") {
        has_version = true;
        if (!value.IsScalar() || value.Scalar() != "1")
          complain(value, "/nadir", "nadir = " + text_of(value) + ", this program reads version 1");
      } else if (key == "run") {
        read_run(value, config);
      } else if (key == "graph") {
        has_graph = true;
        read_graph(value, config);
      }
    });
    if (!has_version) complain(root, "", "the key 'nadir: 1' (version of the config) is missing");
    if (!has_graph) complain(root, "", "the key 'graph' is missing: it lists the nodes");
    return config;
  }

 private:
  static std::string text_of(const YAML::Node& node) {
    return node.IsScalar() ? node.Scalar() : "(not a single value)";
  }

  void complain(const YAML::Node& at, std::string path, std::string message) {
    problems_.push_back({place_of(at), std::move(path), std::move(message)});
  }

  // Calls f for every key once; complains about duplicates and, where `known` is given, about other keys.
  template <class F>
  void for_each_key(const YAML::Node& map, const std::string& path, const std::vector<std::string>& known, F f) {
    std::set<std::string> seen;
    for (const auto& item : map) {
      if (!item.first.IsScalar()) {
        complain(item.first, path, "keys must be single words");
        continue;
      }
      const std::string key = item.first.Scalar();
      if (!seen.insert(key).second)
        complain(item.first, path + "/" + key, "the key '" + key + "' is given twice");
      else if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end())
        complain(item.first, path + "/" + key, "unknown key '" + key + "'" + did_you_mean(key, known));
      else
        f(key, item.second);
    }
  }

  std::optional<Placed<ParamValue>> read_value(const YAML::Node& node, const std::string& path) {
    if (node.IsScalar()) return Placed<ParamValue>{scalar(node), place_of(node), is_quoted(node)};
    bool flat = node.IsSequence();
    for (const YAML::Node& item : node) flat = flat && item.IsScalar();
    if (flat) return Placed<ParamValue>{sequence(node), place_of(node)};
    complain(node, path, "a parameter is a single value or a list of single values");
    return std::nullopt;
  }

  void read_run(const YAML::Node& node, ConfigText& config) {
    if (!node.IsMap()) return complain(node, "/run", "'run' is a map of settings");
    for_each_key(node, "/run", {}, [&](const std::string& key, const YAML::Node& value) {
      if (auto v = read_value(value, "/run/" + key)) config.run[key] = *v;
    });
  }

  void read_graph(const YAML::Node& node, ConfigText& config) {
    if (!node.IsMap() || node.size() == 0)
      return complain(node, "/graph", "'graph' is a map from node ids to nodes, and must not be empty");
    std::map<std::string, std::string> lower_ids;
    for_each_key(node, "/graph", {}, [&](const std::string& id, const YAML::Node& value) {
      const std::string path = "/graph/" + id;
      const auto [other, is_new] = lower_ids.emplace(lower(id), id);
      if (!is_node_id(id))
        complain(value, path, "a node id holds letters, digits, '_' and '-' only, for it names files: '" + id + "'");
      else if (!is_new)
        complain(value, path,
                 "'" + id + "' and '" + other->second +
                     "' differ by case only, so on some disks their files would be the same");
      else if (id == "run")
        complain(value, path, "a node must have another id than 'run', for --set run.tile=… is about the run");
      else if (!value.IsMap())
        complain(value, path, "node '" + id + "' must be a map like {stage: …, in: …}");
      else
        read_node(id, value, config);
    });
  }

  void read_node(const std::string& id, const YAML::Node& map, ConfigText& config) {
    NodeText node{.id = id, .place = place_of(map), .stage = {}, .inputs = {}, .params = {}, .materialize = {}};
    const std::string path = "/graph/" + id;
    for_each_key(map, path, {}, [&](const std::string& key, const YAML::Node& value) {
      if (key == "stage") {
        if (value.IsScalar())
          node.stage = {value.Scalar(), place_of(value)};
        else
          complain(value, path + "/stage", "'stage' is the name of one stage");
      } else if (key == "in") {
        read_inputs(value, path + "/in", node);
      } else if (key == "materialize") {
        const ParamValue v = value.IsScalar() ? scalar(value) : ParamValue(std::string());
        if (const auto* b = std::get_if<bool>(&v))
          node.materialize = *b;
        else
          complain(value, path + "/materialize", "materialize = " + text_of(value) + ", must be true or false");
      } else if (auto v = read_value(value, path + "/" + key)) {
        node.params[key] = *v;
      }
    });
    config.nodes.push_back(std::move(node));
  }

  void read_inputs(const YAML::Node& value, const std::string& path, NodeText& node) {
    if (value.IsScalar()) {
      node.inputs[""] = {value.Scalar(), place_of(value)};
    } else if (value.IsMap()) {
      for_each_key(value, path, {}, [&](const std::string& port, const YAML::Node& source) {
        if (source.IsScalar())
          node.inputs[port] = {source.Scalar(), place_of(source)};
        else
          complain(source, path + "/" + port, "an input is the id of a node, or id.port");
      });
    } else {
      complain(value, path, "'in' is the id of a node, or a map from ports to ids");
    }
  }

  std::vector<Diagnostic>& problems_;
};

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = nearest_name(word, candidates);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

ConfigText read_config_text(const std::string& text, std::vector<Diagnostic>& problems) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    for (std::size_t d = 1; d < documents.size(); ++d)
      if (!documents[d].IsNull())
        problems.push_back({place_of(documents[d]), "", "a second document after '---'; a config is one document"});
    return Reader(problems).read(documents.empty() ? YAML::Node() : documents[0]);
  } catch (const YAML::ParserException& e) {
    problems.push_back(unreadable(text, e));
  } catch (const YAML::Exception& e) {
    problems.push_back({place_of(e.mark), "", "not usable as a config: " + e.msg});
  }
  return {};
}

}  // namespace nadir
