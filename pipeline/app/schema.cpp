// Parameter tables and ports as JSON Schema.
#include "pipeline/app/schema.h"

#include <cmath>

#include "pipeline/app/describe_stages.h"
#include "pipeline/graph/config_text.h"

namespace nadir::app {
namespace {

Json bounded(Json schema, const Limits& limits) {
  const bool whole = schema["type"] == "integer";
  const auto number = [whole](double v) { return whole ? Json(std::int64_t(v)) : Json(v); };
  if (std::isfinite(limits.min)) schema["minimum"] = number(limits.min);
  if (std::isfinite(limits.max)) schema["maximum"] = number(limits.max);
  if (limits.multiple_of > 1) schema["multipleOf"] = limits.multiple_of;
  return schema;
}

Json list_of(Json item) {
  Json list{{"type", "array"}, {"items", item}};
  return {{"anyOf", Json::array({std::move(item), std::move(list)})}};
}

// As the parameter check reads values: a single value may stand for a list, a number for a text.
Json type_of(const ParamSpec& p) {
  const Json word{{"type", Json::array({"string", "number"})}};
  switch (p.type) {
    case ParamType::boolean: return {{"type", "boolean"}};
    case ParamType::integer: return bounded({{"type", "integer"}}, p.limits);
    case ParamType::number: return bounded({{"type", "number"}}, p.limits);
    case ParamType::choice: return {{"enum", p.limits.choices}};
    case ParamType::text: return word;
    case ParamType::numbers: return list_of(bounded({{"type", "number"}}, p.limits));
    case ParamType::texts: return list_of(word);
  }
  return {};
}

Json param_schema(const ParamSpec& p) {
  Json schema = type_of(p);
  schema["description"] = p.doc + (p.unit.empty() ? "" : " [" + p.unit + "]");
  if (p.limits.required)
    schema[p.type == ParamType::text ? "minLength" : "minItems"] = 1;
  else
    schema["default"] = json_of(p.initial);
  return schema;
}

Json params_schema(const ParamTable& table) {
  Json properties = Json::object();
  for (const ParamSpec& p : table) properties[p.name] = param_schema(p);
  return properties;
}

std::string describe_port(const Port& p) { return p.doc + " (" + name_of(p.type) + ")"; }

Json inputs_schema(const std::vector<Port>& ports) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Port& p : ports) {
    properties[p.name] = {{"$ref", "#/$defs/reference"}, {"description", describe_port(p)}};
    if (!p.optional) required.push_back(p.name);
  }
  Json map{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  const bool one_is_enough = required.empty() || (required.size() == 1 && required[0] == ports[0].name);
  if (!required.empty()) map["required"] = std::move(required);
  if (!one_is_enough) return map;
  const Json name{{"$ref", "#/$defs/reference"}, {"description", describe_port(ports[0])}};
  return {{"anyOf", Json::array({name, std::move(map)})}};
}

Json node_schema(const StageInfo& stage) {
  Json properties = Json::object();
  properties["stage"] = {{"const", stage.name}, {"description", stage.doc}};
  Json required = Json::array({"stage"});
  bool must_be_wired = false;
  for (const Port& p : stage.inputs) must_be_wired |= !p.optional;
  if (!stage.inputs.empty()) properties["in"] = inputs_schema(stage.inputs);
  if (must_be_wired) required.push_back("in");
  properties["materialize"] = {{"type", "boolean"}, {"description", kMaterializeDoc}};
  for (const ParamSpec& p : stage.params) {
    properties[p.name] = param_schema(p);
    if (p.limits.required) required.push_back(p.name);
  }
  return {{"description", stage.doc},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

// One branch a stage, chosen by its name, so that an editor complains about the chosen stage only.
Json any_node(const Registry& registry) {
  Json branches = Json::array();
  for (const StageInfo& s : registry.stages())
    branches.push_back(
        {{"if", {{"properties", {{"stage", {{"const", s.name}}}}}, {"required", Json::array({"stage"})}}},
         {"then", {{"$ref", "#/$defs/" + s.name}}}});
  return {{"type", "object"},
          {"properties", {{"stage", {{"enum", registry.names()}, {"description", "What the node does."}}}}},
          {"required", Json::array({"stage"})},
          {"allOf", std::move(branches)}};
}

}  // namespace

Json config_schema(const Registry& registry, const ParamTable& run) {
  Json defs = Json::object();
  defs["reference"] = {{"type", "string"}, {"description", "A node, or node.port where it has several outputs."}};
  defs["node"] = any_node(registry);
  for (const StageInfo& s : registry.stages()) defs[s.name] = node_schema(s);
  Json properties = Json::object();
  properties["nadir"] = {{"const", 1}, {"description", "Version of this format."}};
  properties["run"] = {{"type", "object"}, {"properties", params_schema(run)}, {"additionalProperties", false}};
  properties["graph"] = {{"type", "object"},
                         {"description", "Nodes by id; each comes with a stage, its inputs and its parameters."},
                         {"additionalProperties", {{"$ref", "#/$defs/node"}}},
                         {"propertyNames", {{"pattern", kNodeIdPattern}}},
                         {"minProperties", 1}};
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "Nadir graph"},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", Json::array({"nadir", "graph"})},
          {"additionalProperties", false},
          {"$defs", std::move(defs)}};
}

}  // namespace nadir::app
