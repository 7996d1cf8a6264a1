// What a run is the same run by.
#include "pipeline/app/run_identity.h"

#include <filesystem>

#include "pipeline/app/run_folder.h"
#include "pipeline/app/version.h"

namespace nadir::app {
namespace {

// A Shapefile keeps its classes, its reference system and its encoding in files beside it.
std::string survey_fingerprint(const std::string& path) {
  const std::filesystem::path file(path);
  if (file.extension() != ".shp") return fingerprint(path);
  std::string files = fingerprint(path);
  for (const char* ending : {".dbf", ".prj", ".cpg"})
    files += "," + fingerprint(std::filesystem::path(file).replace_extension(ending).string());
  return hash_of(files);
}

}  // namespace

std::map<std::string, std::string> run_identity(const RunRequest& request, const Graph& graph, Json config) {
  config["run"].erase("tile");
  config["run"].erase("memory");
  std::string files;
  for (const Node& n : graph.nodes)
    if (const auto path = n.params.find("path"); path != n.params.end())
      if (const auto* text = std::get_if<std::string>(&path->second)) files += fingerprint(*text) + ",";
  return {{"config", hash_of(config.dump(-1, ' ', false, Json::error_handler_t::replace))},
          {"survey", survey_fingerprint(request.truth)},
          {"file named in the config", hash_of(files)},
          {"program version", kVersion}};
}

}  // namespace nadir::app
