// PSNR, SSIM, SAM and ERGAS by node.
#include "pipeline/app/quality_table.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <map>
#include <vector>

namespace nadir::app {
namespace {

constexpr std::array kFigures{"psnr", "ssim", "rmse", "sam_deg", "ergas", "seconds"};
using Figures = std::map<std::string, double>;

bool compares(const Json& record) { return record.contains("psnr") && record.contains("ssim"); }

// What stands below a list of keys, or null.
const Json& below(const Json& json, std::initializer_list<std::string> keys) {
  static const Json nothing;
  const Json* found = &json;
  for (const std::string& key : keys) {
    const auto next = found->is_object() ? found->find(key) : found->end();
    if (next == found->end()) return nothing;
    found = &*next;
  }
  return *found;
}

// Seconds of the node whose image `node` compares; negative where run.json does not tell.
double seconds_of_compared(const Json& run, const Json& scene, const std::string& node) {
  const Json& input = below(run, {"config", "graph", node, "in", "image"});
  if (!input.is_string()) return -1;
  const auto port = input.get<std::string>();
  const std::string producer = port.substr(0, port.find('.'));
  double seconds = -1;
  for (const Json& s : scene.value("stages", Json::array()))
    if (s["node"] == producer) seconds = std::max(seconds, 0.0) + s["seconds"].get<double>();
  return seconds;
}

// A field of a table, quoted where a name would break it.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_row(const std::string& scene, const std::string& node, const Figures& figures) {
  std::string row = field(scene) + "," + field(node);
  for (const char* name : kFigures)
    row += figures.contains(name) ? fmt::format(",{:.4f}", figures.at(name)) : std::string(",");
  return row + "\n";
}

Figures mean_of(const std::vector<Figures>& scenes) {
  Figures mean;
  for (const char* name : kFigures) {
    double sum = 0;
    int count = 0;
    for (const Figures& f : scenes)
      if (const auto it = f.find(name); it != f.end()) sum += it->second, ++count;
    if (count > 0) mean[name] = sum / count;
  }
  return mean;
}

}  // namespace

std::string quality_table(const Json& scene) {
  std::string rows;
  for (const auto& [node, value] : scene["values"].items()) {
    const Json& record = value["record"];
    if (!compares(record)) continue;
    rows += fmt::format("{:<20}", node);
    for (const char* name : {"psnr", "ssim", "sam_deg", "ergas"})
      rows += record.contains(name) && record[name].is_number() ? fmt::format("{:>10.4f}", record[name].get<double>())
                                                                : fmt::format("{:>10}", "-");
    rows += "\n";
  }
  if (rows.empty()) return rows;
  return fmt::format("\n{:<20}{:>10}{:>10}{:>10}{:>10}\n", scene["name"].get<std::string>(), "PSNR dB", "SSIM",
                     "SAM deg", "ERGAS") +
         rows + "\n";
}

std::string quality_csv(const Json& run) {
  std::string rows;
  std::map<std::string, std::vector<Figures>> by_node;
  for (const Json& scene : run.value("scenes", Json::array())) {
    if (!scene.contains("values")) continue;
    for (const auto& [node, value] : scene["values"].items()) {
      const Json& record = value["record"];
      if (!compares(record)) continue;
      Figures figures;
      for (const char* name : kFigures)
        if (record.contains(name) && record[name].is_number()) figures[name] = record[name].get<double>();
      if (const double s = seconds_of_compared(run, scene, node); s >= 0) figures["seconds"] = s;
      rows += csv_row(scene["name"].get<std::string>(), node, figures);
      by_node[node].push_back(std::move(figures));
    }
  }
  if (rows.empty()) return rows;
  for (const auto& [node, scenes] : by_node) rows += csv_row("mean", node, mean_of(scenes));
  return "scene,node,psnr,ssim,rmse,sam_deg,ergas,seconds\n" + rows;
}

}  // namespace nadir::app
