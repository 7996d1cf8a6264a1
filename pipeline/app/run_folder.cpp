// run.json and the marks of completed scenes.
#include "pipeline/app/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/app/record_json.h"
#include "pipeline/app/run_identity.h"
#include "pipeline/app/scene_files.h"
#include "pipeline/app/scenes.h"
#include "pipeline/files/temporary_file.h"
#include "pipeline/files/tile_journal.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "lock";
constexpr const char* kMarkEnding = ".done.json";

Json read_json(const std::string& path) {
  std::ifstream file(path);
  return file ? Json::parse(file, nullptr, false) : Json();
}

std::vector<std::string> warnings_of(const Record& record) {
  std::vector<std::string> texts;
  if (const Scalar* one = record.find("warning"))
    if (const auto* text = std::get_if<std::string>(one)) texts.push_back(*text);
  if (const Scalar* several = record.find("warnings"))
    if (const auto* list = std::get_if<std::vector<std::string>>(several))
      texts.insert(texts.end(), list->begin(), list->end());
  return texts;
}

// A mark names the files of its scene from DIR on, so that it holds from any working directory and where DIR is moved
// to.
constexpr const char* kInDir = "./";

template <class Change>
void for_each_path(Json& mark, const Change& change) {
  for (Json& output : mark["outputs"])
    for (const char* key : {"path", "picture"})
      if (output.contains(key)) output[key] = change(output[key].get<std::string>());
  for (Json& file : mark["files"]) file["path"] = change(file["path"].get<std::string>());
  for (Json& value : mark["values"])
    if (value["record"].contains("file") && value["record"]["file"].is_string())
      value["record"]["file"] = change(value["record"]["file"].get<std::string>());
}

}  // namespace

std::string hash_of(const std::string& text) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return hex.data();
}

std::string fingerprint(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed) return "";
  const std::size_t end_bytes = std::size_t{1} << 16;
  std::ifstream file(path, std::ios::binary);
  std::string ends(std::min<std::size_t>(size, 2 * end_bytes), '\0');
  file.read(ends.data(), std::streamsize(std::min(ends.size(), end_bytes)));
  if (ends.size() > end_bytes) {
    const std::size_t rest = ends.size() - end_bytes;
    file.seekg(std::streamoff(size - rest));
    file.read(ends.data() + end_bytes, std::streamsize(rest));
  }
  const auto time = fs::last_write_time(path, failed).time_since_epoch().count();
  return hash_of(hash_of(ends) + std::to_string(size) + "," + std::to_string(time));
}

Json resolved_config(const Graph& graph) {
  Json nodes = Json::object();
  for (const Node& n : graph.nodes) {
    Json node{{"stage", n.stage->name}};
    for (std::size_t i = 0; i < n.inputs.size(); ++i)
      if (n.inputs[i])
        node["in"][n.stage->inputs[i].name] = graph.producer(*n.inputs[i]).id + "." + graph.port(*n.inputs[i]).name;
    for (const ParamSpec& p : n.stage->params) {
      const auto it = n.params.find(p.name);
      node[p.name] = json_of(it == n.params.end() ? p.initial : it->second);
    }
    nodes[n.id] = std::move(node);
  }
  return {{"nadir", 1},
          {"run", {{"tile", graph.run.tile}, {"memory", graph.run.memory}, {"seed", graph.run.seed}}},
          {"graph", nodes}};
}

Json scene_json(const Graph& graph, const SceneInputs& inputs, const SceneReport& report) {
  Json scene{{"name", inputs.name}, {"input", inputs.path}};
  scene["outputs"] = Json::array();
  scene["warnings"] = Json::array();
  for (const auto& [node, facts] : report.outputs) {
    Json output{{"node", node}};
    output.update(json_of(facts));
    scene["outputs"].push_back(output);
    for (const std::string& text : warnings_of(facts)) scene["warnings"].push_back(node + ": " + text);
  }
  scene["values"] = Json::object();
  for (const auto& [node, record] : report.values) {
    const Node& n = graph.nodes[std::size_t(graph.find(node))];
    scene["values"][node] = {{"stage", n.stage->name}, {"record", json_of(record)}};
    for (const std::string& text : warnings_of(record)) scene["warnings"].push_back(node + ": " + text);
  }
  scene["stages"] = Json::array();
  for (const NodeReport& n : report.nodes)
    scene["stages"].push_back(
        {{"node", n.node}, {"stage", n.stage}, {"calls", n.calls}, {"seconds", n.seconds}, {"bytes", n.bytes}});
  return scene;
}

Json read_json_file(const std::string& path) {
  if (!fs::exists(path)) throw Error(Fault::missing, "there is no file " + path);
  Json json = read_json(path);
  if (json.is_discarded()) throw Error(Fault::data, path + " is not readable as JSON");
  if (!json.is_object()) throw Error(Fault::data, path + " holds no JSON object");
  return json;
}

void write_text_file(const std::string& path, const std::string& text) { write_file_at_once(path, text); }

RunFolder::RunFolder(const std::string& dir, const std::map<std::string, std::string>& identity, bool restart,
                     const std::string& unit)
    : dir_(dir), unit_(unit), identity_(Json(identity).dump()) {
  std::error_code failed;
  fs::create_directories(dir + "/.nadir", failed);
  if (failed) throw Error(Fault::io, "the output folder " + dir + " cannot be made: " + failed.message());
  lock_ = lock(kLockName, !unit.empty());
  if (!unit.empty()) unit_lock_ = lock("unit-" + unit + ".lock", false);
  if (restart)
    for (const auto& entry : fs::directory_iterator(dir + "/.nadir")) {
      if (entry.path().filename() != kLockName) fs::remove_all(entry.path(), failed);
    }
  else
    check_identity(identity);
  write_text_file(dir + "/.nadir/run.json", Json(identity).dump(2) + "\n");
}

RunFolder::~RunFolder() {
  for (const int lock : {lock_, unit_lock_})
    if (lock >= 0) close(lock);
}

// The lock belongs to the open file, so it ends with the process, however that ends.
int RunFolder::lock(const std::string& name, bool shared) const {
  const std::string path = dir_ + "/.nadir/" + name;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) throw Error(Fault::io, "the output folder " + dir_ + " cannot be written to: " + std::strerror(errno));
  if (flock(file, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return file;
  close(file);
  throw Error(Fault::interrupted,
              "another run is writing into " + dir_ + "; wait until it has ended, or use another --out");
}

// A run that failed before it had computed anything may be corrected and repeated; everything else is worth protecting.
bool RunFolder::holds_work() const {
  for (const auto& entry : fs::directory_iterator(dir_ + "/.nadir"))
    if (entry.path().string().ends_with(kMarkEnding) ||
        (entry.is_directory() && TileJournal::holds_work(entry.path().string())))
      return true;
  return false;
}

void RunFolder::check_identity(const std::map<std::string, std::string>& identity) const {
  const Json before = read_json(dir_ + "/.nadir/run.json");
  if (!before.is_object() || !holds_work()) return;
  for (const auto& [what, value] : identity)
    if (before.value(what, value) != value)
      throw Error(Fault::usage, "the output folder " + dir_ + " holds work of a run with another " + what +
                                    "; use --restart to start over there, or another --out");
}

SceneInputs RunFolder::inputs_for(const std::string& name, const std::string& path, const std::string& truth,
                                  const std::string& input_fingerprint) const {
  SceneInputs inputs{name, path, truth, dir_ + "/" + name, dir_ + "/.nadir/" + name};
  inputs.resume_key = hash_of(identity_ + input_fingerprint);
  inputs.unit = unit_;
  std::error_code failed;
  fs::create_directories(inputs.output_dir, failed);
  if (failed) throw Error(Fault::io, "the folder " + inputs.output_dir + " cannot be made: " + failed.message());
  return inputs;
}

std::string RunFolder::mark_of(const std::string& scene) const { return dir_ + "/.nadir/" + scene + kMarkEnding; }

// An input that was changed may be computed again; another one of the same name must not take its place.
void RunFolder::check_same_scene(const SceneInputs& scene, const Json& mark) const {
  const std::string other = mark.value("input", "");
  if (other == scene.path || fingerprint_with_sidecars(other) != mark.value(kFingerprint, "-")) return;
  throw Error(Fault::usage,
              scene.output_dir + " holds the results of " + other +
                  ", another scene of this name; name both in one command, which tells them apart, or use "
                  "another --out");
}

Json RunFolder::completed(const SceneInputs& scene, const std::function<void(const std::string&)>& log) const {
  Json mark = read_json(mark_of(scene.name));
  if (!mark.is_object()) return nullptr;
  for_each_path(mark, [this](const std::string& path) {
    return path.starts_with(kInDir) ? dir_ + "/" + path.substr(std::strlen(kInDir)) : path;
  });
  const std::string now = fingerprint_with_sidecars(scene.path);
  const bool same = mark.value(kFingerprint, "") == now && (!now.empty() || mark.value("input", "") == scene.path);
  if (!same) {
    check_same_scene(scene, mark);
    return nullptr;
  }
  restore_values(mark, scene.output_dir);
  const std::string damage = damage_of(mark);
  if (!damage.empty()) log(damage + ", so the scene is computed again");
  mark.erase("files");
  return damage.empty() ? mark : nullptr;
}

void RunFolder::mark_completed(const SceneInputs& scene, const Json& result) const {
  Json mark = result;
  mark["files"] = files_of(result, scene.output_dir);
  for_each_path(mark, [this](const std::string& path) {
    return path.starts_with(dir_ + "/") ? kInDir + path.substr(dir_.size() + 1) : path;
  });
  write_text_file(mark_of(scene.name), mark.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RunFolder::write_run_json(const Json& run) const {
  write_text_file(dir_ + "/run.json", run.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RunFolder::clean(const std::string& scene) const {
  if (!is_folder_name(scene)) throw Error(Fault::internal, "'" + scene + "' is no name of a scene's folder");
  std::error_code ignored;
  fs::remove_all(dir_ + "/.nadir/" + scene, ignored);
  remove_empty(scene);
}

void RunFolder::remove_empty(const std::string& scene) const {
  std::error_code not_empty;
  fs::remove(dir_ + "/.nadir/" + scene, not_empty);
  fs::remove(dir_ + "/" + scene, not_empty);
}

}  // namespace nadir::app
