// --set node.parameter=value.
#include "pipeline/graph/config_text.h"
#include "pipeline/graph/yaml_values.h"

namespace nadir {
namespace {

// Names of files may hold what means something else in YAML: "b: c.tif" is a map there, "a #1.tif" ends before #.
Placed<ParamValue> override_value(const std::string& text) {
  try {
    const YAML::Node node = YAML::Load(text);
    if (node.IsSequence() && text.starts_with("[")) return {sequence(node), {}};
    const bool quoted = is_quoted(node);
    if (node.IsScalar() && (quoted || text.find(" #") == std::string::npos)) return {scalar(node), {}, quoted};
  } catch (const YAML::Exception&) {  // no YAML: a text as it stands
  }
  return {text, {}};
}

}  // namespace

void apply_override(const std::string& text, ConfigText& config, std::vector<Diagnostic>& problems) {
  const std::string path = "--set " + text;
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.rfind('.', equals);
  if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 == equals) {
    problems.push_back({{}, path, "an override reads node.parameter=value"});
    return;
  }
  const std::string id = text.substr(0, dot);
  const std::string name = text.substr(dot + 1, equals - dot - 1);
  const Placed<ParamValue> value = override_value(text.substr(equals + 1));
  if (id == "run") {
    config.run[name] = value;
    return;
  }
  std::vector<std::string> ids{"run"};
  for (NodeText& node : config.nodes) {
    ids.push_back(node.id);
    if (node.id != id) continue;
    node.params[name] = value;
    return;
  }
  problems.push_back({{}, path, "there is no node '" + id + "' in this config" + did_you_mean(id, ids)});
}

}  // namespace nadir
