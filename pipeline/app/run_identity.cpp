// What a run is the same run by.
#include "pipeline/app/run_identity.h"

#include <cctype>
#include <filesystem>
#include <vector>

#include "pipeline/app/run_folder.h"
#include "pipeline/app/version.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

// Masks, reference systems, statistics, overviews and world files of images (.tfw or .tifw beside .tif); classes,
// reference system and encoding of Shapefiles and tables. Endings may be written in capitals.
std::vector<std::string> sidecars_of(const std::string& path) {
  std::vector<std::string> files;
  for (const char* added : {".msk", ".aux.xml", ".ovr"}) files.push_back(path + added);
  const std::string own = fs::path(path).extension().string();
  std::vector<std::string> endings{".wld", ".tab", ".dbf", ".prj", ".cpg", ".csvt"};
  if (own.size() > 2) {
    endings.push_back({'.', own[1], own.back(), 'w'});
    endings.push_back(own + "w");
  }
  for (std::string ending : endings) {
    files.push_back(fs::path(path).replace_extension(ending).string());
    for (char& c : ending) c = char(std::toupper(static_cast<unsigned char>(c)));
    files.push_back(fs::path(path).replace_extension(ending).string());
  }
  return files;
}

// Of every file that a parameter names, whatever the parameter is called.
std::string fingerprints_of_named_files(const Node& node) {
  std::string files;
  const auto add = [&](const std::string& parameter, const std::string& path) {
    std::error_code no_name;  // but any other text
    if (fs::is_regular_file(path, no_name))
      files += node.id + "." + parameter + "=" + fingerprint_with_sidecars(path) + ",";
  };
  for (const auto& [name, value] : node.params) {
    const ParamSpec* spec = find_param(node.stage->params, name);
    if (!spec || spec->type == ParamType::choice) continue;
    if (const auto* text = std::get_if<std::string>(&value)) add(name, *text);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
      for (const std::string& text : *texts) add(name, text);
  }
  return files;
}

}  // namespace

std::string fingerprint_with_sidecars(const std::string& path) {
  const std::string own = fingerprint(path);
  std::string others;
  for (const std::string& sidecar : sidecars_of(path))
    if (const std::string found = sidecar == path ? "" : fingerprint(sidecar); !found.empty())
      others += "," + fs::path(sidecar).filename().string() + "=" + found;
  return own.empty() || others.empty() ? own : hash_of(own + others);
}

std::map<std::string, std::string> run_identity(const RunRequest& request, const Graph& graph, Json config) {
  config["run"].erase("tile");
  config["run"].erase("memory");
  std::string files;
  for (const Node& n : graph.nodes) files += fingerprints_of_named_files(n);
  return {{"config", hash_of(config.dump(-1, ' ', false, Json::error_handler_t::replace))},
          {"survey", fingerprint_with_sidecars(request.truth)},
          {"file named in the config", hash_of(files)},
          {"program version", kVersion}};
}

}  // namespace nadir::app
