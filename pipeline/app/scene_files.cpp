// The files of a scene by the names of its nodes.
#include "pipeline/app/scene_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "pipeline/files/temporary_file.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

std::set<std::string> nodes_of(const Json& scene) {
  std::set<std::string> nodes;
  for (const Json& output : scene["outputs"]) nodes.insert(output["node"].get<std::string>());
  for (const auto& [node, value] : scene["values"].items()) nodes.insert(node);
  return nodes;
}

// What a person may edit by hand or by QGIS, to any size.
bool is_editable(const std::string& path) { return path.ends_with(".qml") || path.ends_with(".aux.xml"); }

std::string what_is_wrong(const Json& file) {
  const auto path = file["path"].get<std::string>();
  const std::string name = fs::path(path).filename().string();
  std::error_code gone;
  const auto bytes = fs::file_size(path, gone);
  if (gone) return name + " is gone";
  const auto least = is_editable(path) ? 1 : file["bytes"].get<std::uintmax_t>();
  return bytes < least ? name + " is cut short" : "";
}

void write_value(const Json& value, const std::string& path) {
  write_file_at_once(path, value["record"].dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

constexpr std::size_t kMostListed = 20;  // values; more can neither be read on a page nor are they needed twice

Json with_short_list(const Json& value, const std::string& see) {
  const bool is_matrix = value.is_array() && !value.empty() && value[0].is_array();
  const std::size_t columns = is_matrix ? value[0].size() : 0;
  if (!value.is_array() || std::max(value.size(), columns) <= kMostListed) return value;
  Json count = value.size();
  if (is_matrix) count = Json::array({value.size(), columns});
  return {{"count", std::move(count)}, {"see", see}};
}

}  // namespace

Json with_short_lists(Json scene) {
  if (!scene.contains("values") || !scene["values"].is_object()) return scene;
  for (auto& [node, value] : scene["values"].items()) {
    if (!value.is_object() || !value.contains("record") || !value["record"].is_object()) continue;
    const Json& name = scene["name"];
    for (auto& [key, found] : value["record"].items())
      found = with_short_list(found, (name.is_string() ? name.get<std::string>() + "/" : "") + node + ".json");
  }
  return scene;
}

Json files_of(const Json& scene, const std::string& folder) {
  const std::set<std::string> nodes = nodes_of(scene);
  std::set<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto is_of = [&name](const std::string& node) { return name.starts_with(node + "."); };
    if (entry.is_regular_file() && std::any_of(nodes.begin(), nodes.end(), is_of)) paths.insert(folder + "/" + name);
  }
  Json files = Json::array();
  for (const std::string& path : paths) files.push_back({{"path", path}, {"bytes", fs::file_size(path)}});
  return files;
}

std::string damage_of(const Json& mark) {
  for (const Json& file : mark["files"])
    if (const std::string wrong = what_is_wrong(file); !wrong.empty()) return wrong;
  return "";
}

void write_values(const Json& scene, const std::string& folder) {
  for (const auto& [node, value] : scene["values"].items()) write_value(value, folder + "/" + node + ".json");
}

void restore_values(const Json& mark, const std::string& folder) {
  for (const Json& file : mark["files"])
    for (const auto& [node, value] : mark["values"].items())
      if (const std::string path = folder + "/" + node + ".json"; file["path"] == path && !what_is_wrong(file).empty())
        write_value(value, path);
}

}  // namespace nadir::app
