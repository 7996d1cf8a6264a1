// Folders, files and options of a run against each other.
#include "pipeline/app/run_checks.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace nadir::app {
namespace {

// Of the nodes that read the survey of --truth, for they have no path of their own, whether one satisfies this.
template <class Predicate>
bool any_survey_node(const Graph& graph, const Predicate& satisfies) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) {
    return n.stage->as<ValueFactory>() && n.stage->outputs[0].type == PortType::survey &&
           find_param(n.stage->params, "path") && !n.params.contains("path") && satisfies(n);
  });
}

bool takes_truth(const Graph& graph) {
  return any_survey_node(graph, [](const Node&) { return true; });
}

bool reads_scene(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) {
    const auto path = n.params.find("path");
    return n.stage->as<SourceFactory>() && (path == n.params.end() || is_empty(path->second));
  });
}

bool wants_truth(const Graph& graph) {
  return any_survey_node(graph, [](const Node& n) {
    const auto optional = n.params.find("optional");
    return optional == n.params.end() || optional->second != ParamValue(true);
  });
}

}  // namespace

// Results beside the scenes would be taken for scenes by the next run.
void check_out_is_no_input(const RunRequest& request, const std::vector<SceneFile>& scenes) {
  std::error_code unknown;
  std::set<std::string> folders;
  for (const std::string& input : request.inputs)
    if (std::filesystem::is_directory(input, unknown)) folders.insert(input);
  for (const SceneFile& scene : scenes) folders.insert(std::filesystem::path(scene.path).parent_path().string());
  for (const std::string& folder : folders)
    if (std::filesystem::equivalent(folder, request.out, unknown))
      throw Error(Fault::usage, "--out " + request.out +
                                    " is the folder of the scenes itself, and a later run would take " +
                                    "results for scenes; use another, such as " + request.out + "/results");
}

// Before hours of work, not after them. The output folder may be yet to be made.
void check_trace_folder(const RunRequest& request) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(request.trace).parent_path();
  std::error_code unknown;
  const auto file_in = [](const fs::path& in) { return fs::absolute(in / "file").lexically_normal(); };
  const bool is_out = file_in(folder) == file_in(request.out);
  if (!folder.empty() && !is_out && !fs::is_directory(folder, unknown))
    throw Error(Fault::missing, "there is no folder " + folder.string() + " for --trace " + request.trace);
}

// What others of the units have done would be gone.
void check_restart(const RunRequest& request) {
  if (request.restart && !request.unit.empty())
    throw Error(Fault::usage, "--restart with --unit would delete what other units have done; remove " + request.out +
                                  "/.nadir once, before the units start, or use another --out");
}

void check_truth(const RunRequest& request, const Graph& graph) {
  std::error_code unknown;
  if (!request.truth.empty() && !std::filesystem::exists(request.truth, unknown) && !request.truth.starts_with("/vsi"))
    throw Error(Fault::missing, "there is no survey " + request.truth);
  if (request.truth.empty() && wants_truth(graph))
    throw Error(Fault::usage, "this graph reads a survey: name it with --truth FILE, or as `path` of its node");
}

std::vector<std::string> unread_inputs(const RunRequest& request, const Graph& graph) {
  std::vector<std::string> warnings;
  if (!request.truth.empty() && !takes_truth(graph))
    warnings.push_back("--truth " + request.truth + ": no node of this graph reads it");
  if (!reads_scene(graph))
    warnings.push_back("no node of this graph reads the scene: each source has a path of its own");
  return warnings;
}

}  // namespace nadir::app
