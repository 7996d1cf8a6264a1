// What a run leaves in its output folder beside the images: run.json, and the marks by which it resumes.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/app/record_json.h"
#include "pipeline/graph/run.h"

namespace nadir::app {

/// A fingerprint of a file by size, modification time and its ends; empty for what is no regular file.
std::string fingerprint(const std::string& path);
std::string hash_of(const std::string& text);

/// The graph with every parameter spelled out, also those left at their defaults.
Json resolved_config(const Graph& graph);
Json scene_json(const Graph& graph, const SceneInputs& inputs, const SceneReport& report);

/// Throws when the file is not there or holds no JSON object.
Json read_json_file(const std::string& path);

/// Writes through a temporary name, so that the file is either the old or the new one.
void write_text_file(const std::string& path, const std::string& text);

/// DIR and DIR/.nadir, locked against other runs until this is gone.
class RunFolder {
 public:
  /// Makes the folder. Throws when another run is writing there, or when it holds scenes that a run with another
  /// config, survey or program has completed and `restart` is false.
  RunFolder(const std::string& dir, const std::map<std::string, std::string>& identity, bool restart);

  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  SceneInputs inputs_for(const std::string& name, const std::string& path, const std::string& truth) const;
  /// What was recorded of the scene when it was completed by an earlier run with the same input; null otherwise.
  Json completed(const SceneInputs& scene) const;
  void mark_completed(const SceneInputs& scene, const Json& result) const;
  void write_run_json(const Json& run) const;
  /// Removes what only unfinished work needs.
  void clean(const std::string& scene) const;
  const std::string& dir() const { return dir_; }

 private:
  std::string mark_of(const std::string& scene) const;
  void lock();
  void check_identity(const std::map<std::string, std::string>& identity) const;

  std::string dir_;
  int lock_ = -1;
};

}  // namespace nadir::app
