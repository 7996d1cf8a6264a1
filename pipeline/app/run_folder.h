// What a run leaves in its output folder beside the images: run.json, and the marks by which it resumes.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/app/record_json.h"
#include "pipeline/graph/run.h"

namespace nadir::app {

/// In run.json and in marks: of the scene's file and of those beside it.
constexpr const char* kFingerprint = "input_fingerprint";

/// Tells apart files by size, modification time and 64 KiB at either end, not by all their bytes; empty for what is no
/// regular file.
std::string fingerprint(const std::string& path);
std::string hash_of(const std::string& text);

/// The graph with every parameter spelled out, also those left at their defaults.
Json resolved_config(const Graph& graph);
Json scene_json(const Graph& graph, const SceneInputs& inputs, const SceneReport& report);

/// Throws when the file is not there or holds no JSON object.
Json read_json_file(const std::string& path);

/// Writes through a temporary name, so that the file is either the old or the new one.
void write_text_file(const std::string& path, const std::string& text);

/// DIR and DIR/.nadir, locked against other runs until this is gone. Units of one run share the folder.
class RunFolder {
 public:
  /// Makes the folder. Throws when another run is writing there, or when it holds work of a run with another config,
  /// survey or program and `restart` is false. `unit` names this process among several; empty: the only one.
  RunFolder(const std::string& dir, const std::map<std::string, std::string>& identity, bool restart,
            const std::string& unit = "");

  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// `input_fingerprint` is that of the scene's file and of those beside it.
  SceneInputs inputs_for(const std::string& name, const std::string& path, const std::string& truth,
                         const std::string& input_fingerprint) const;
  /// What was recorded of the scene when it was completed by an earlier run with the same input and all its files are
  /// whole (<node>.json is written again); null otherwise. `log` hears of damage. Throws when the folder holds another
  /// scene of this name, whose file is still there.
  Json completed(const SceneInputs& scene, const std::function<void(const std::string&)>& log) const;
  void mark_completed(const SceneInputs& scene, const Json& result) const;
  void write_run_json(const Json& run) const;
  /// Removes what only unfinished work needs. Throws Error(Fault::internal) for a name that leads out of the folder.
  void clean(const std::string& scene) const;
  /// Removes the folders of a scene for which nothing was done.
  void remove_empty(const std::string& scene) const;
  const std::string& dir() const { return dir_; }

 private:
  std::string mark_of(const std::string& scene) const;
  int lock(const std::string& name, bool shared) const;
  bool holds_work() const;
  void check_same_scene(const SceneInputs& scene, const Json& mark) const;
  void check_identity(const std::map<std::string, std::string>& identity) const;

  std::string dir_;
  std::string unit_;
  std::string identity_;
  int lock_ = -1;
  int unit_lock_ = -1;
};

}  // namespace nadir::app
