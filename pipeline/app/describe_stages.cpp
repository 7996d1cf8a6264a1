// Stages as text and as JSON.
#include "pipeline/app/describe_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kWidestColumn = 72;

std::string without_blanks_behind(const std::string& line) { return line.substr(0, line.find_last_not_of(' ') + 1); }

// Columns as wide as their longest entry; the last one is not padded. After an entry beyond the widest column, such as
// the choices of a filter, the row goes on in the next line.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      if (row[i].size() <= kWidestColumn) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = " ";
    std::size_t end = 1;  // of the columns so far
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      line += fmt::format(" {:<{}} ", row[i], last ? 0 : widths[i]);
      end += widths[i] + 2;
      if (last || row[i].size() <= widths[i]) continue;
      text += without_blanks_behind(line) + "\n";
      line = std::string(end, ' ');
    }
    text += without_blanks_behind(line) + "\n";
  }
  return text;
}

std::string first_sentence(const std::string& doc) {
  const std::size_t end = doc.find(". ");
  return end == std::string::npos ? doc : doc.substr(0, end + 1);
}

std::string ports_text(const char* title, const std::vector<Port>& ports) {
  if (ports.empty()) return "";
  std::vector<Row> rows;
  for (const Port& p : ports) {
    const std::string fallback = p.filled_by.empty() ? "optional" : "optional, else by " + p.filled_by;
    rows.push_back({p.name, name_of(p.type), p.optional ? fallback : "", p.doc});
  }
  if (std::none_of(ports.begin(), ports.end(), [](const Port& p) { return p.optional; }))
    for (Row& row : rows) row.erase(row.begin() + 2);
  return fmt::format("\n{}\n{}", title, table(rows));
}

std::string default_text(const ParamSpec& spec) {
  if (spec.limits.required) return "(required)";
  const std::string text = to_text(spec.initial);
  return text.empty() ? "(empty)" : text;
}

std::string params_text(const ParamTable& params) {
  if (params.empty()) return "";
  std::vector<Row> rows;
  for (const ParamSpec& p : params) rows.push_back({p.name, default_text(p), allowed(p), p.doc});
  return "\nParameters (name, default, allowed, meaning)\n" + table(rows);
}

Json ports_json(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& p : ports) {
    Json port{{"name", p.name}, {"type", name_of(p.type)}, {"doc", p.doc}, {"optional", p.optional}};
    if (!p.filled_by.empty()) port["filled_by"] = p.filled_by;
    list.push_back(std::move(port));
  }
  return list;
}

Json param_json(const ParamSpec& p) {
  constexpr std::array types{"boolean", "integer", "number", "choice", "text", "numbers", "texts"};
  Json param{{"name", p.name}, {"type", types[std::size_t(p.type)]}, {"unit", p.unit}, {"default", json_of(p.initial)}};
  if (p.type == ParamType::choice)
    param["choices"] = p.limits.choices;
  else if (std::isfinite(p.limits.min) || std::isfinite(p.limits.max))
    param["range"] = json_of(Scalar(std::vector<double>{p.limits.min, p.limits.max}));
  if (p.limits.multiple_of > 1) param["multiple_of"] = p.limits.multiple_of;
  if (p.limits.required) param["required"] = true;
  param["doc"] = p.doc;
  return param;
}

Json params_json(const ParamTable& table) {
  Json params = Json::array();
  for (const ParamSpec& p : table) params.push_back(param_json(p));
  return params;
}

}  // namespace

std::string kind_of(const StageInfo& stage) {
  constexpr std::array kinds{"source", "value", "tile", "estimate", "sink"};
  return kinds[stage.factory.index()];
}

const StageInfo& stage_named(const Registry& registry, const std::string& name) {
  if (const StageInfo* stage = registry.find(name)) return *stage;
  const std::string near = nearest_name(name, registry.names());
  throw Error(Fault::usage, "there is no stage '" + name + "'" +
                                (near.empty() ? "; `nadir stages` lists all" : "; did you mean '" + near + "'?"));
}

std::string list_stages(const Registry& registry) {
  std::vector<std::string> families;
  for (const StageInfo& s : registry.stages())
    if (std::find(families.begin(), families.end(), s.family) == families.end()) families.push_back(s.family);
  std::size_t width = 0;
  for (const StageInfo& s : registry.stages()) width = std::max(width, s.name.size());
  std::string text;
  for (const std::string& family : families) {
    text += (text.empty() ? "" : "\n") + family + "\n";
    for (const StageInfo& s : registry.stages())
      if (s.family == family)
        text += fmt::format("  {:<{}}  {:<8}  {}\n", s.name, width, kind_of(s), first_sentence(s.doc));
  }
  return text + "\n`nadir stages NAME` explains one of them, `nadir stages run` the settings of a run.\n";
}

std::string explain_stage(const StageInfo& stage) {
  return fmt::format("{} ({} stage of {}{})\n  {}\n", stage.name, kind_of(stage), stage.family,
                     stage.on_device ? ", CPU and CUDA" : "", stage.doc) +
         ports_text("Inputs", stage.inputs) + ports_text("Outputs", stage.outputs) + params_text(stage.params);
}

std::string explain_run(const ParamTable& run) {
  return "run (settings of a config, no stage)\n"
         "  Written before the graph, as run: {tile: 256, seed: 7}, or given as --set run.tile=256.\n" +
         params_text(run) + "\nOf every node with images, beside the parameters of its stage\n" +
         table({{"materialize", "(as it pays)", "true or false", kMaterializeDoc}});
}

Json run_settings_json(const ParamTable& run) {
  const Json materialize{{"name", "materialize"}, {"type", "boolean"}, {"unit", ""}, {"doc", kMaterializeDoc}};
  return {{"name", "run"}, {"params", params_json(run)}, {"of_every_node", Json::array({materialize})}};
}

Json stage_json(const StageInfo& stage) {
  return {{"name", stage.name},
          {"family", stage.family},
          {"kind", kind_of(stage)},
          {"doc", stage.doc},
          {"device", stage.on_device},
          {"inputs", ports_json(stage.inputs)},
          {"outputs", ports_json(stage.outputs)},
          {"params", params_json(stage.params)}};
}

Json stages_json(const Registry& registry) {
  Json list = Json::array();
  for (const StageInfo& s : registry.stages()) list.push_back(stage_json(s));
  return list;
}

}  // namespace nadir::app
