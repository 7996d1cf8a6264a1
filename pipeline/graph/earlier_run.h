// What an earlier, interrupted run found out about a scene: values, models, finished outputs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/graph/scene.h"

namespace nadir {

/// The records and models that a run leaves in the folders of a scene, and takes up again. Where the scene has no
/// resume key nothing is read and only models are written.
class EarlierRun {
 public:
  /// `log`, which may be empty, hears of models that are there.
  EarlierRun(Scene& scene, const std::function<void(const std::string&)>& log) : scene_(scene), log_(log) {}

  bool is_resumable() const { return !scene_.inputs().resume_key.empty(); }

  /// Gives node n the value that was found. False where it has to be found again.
  bool restore_value(int n);
  /// Keeps the value of node n: models as files beside the outputs, for other runs too.
  void save_value_of(int n);

  /// What is known of the output of sink n where its file is complete: there, and not shorter than it was.
  std::optional<Record> finished_output(int n) const;
  void save_output(int n) const;

 private:
  std::string saved(int n) const;
  bool restore(int n, Value value);

  Scene& scene_;
  const std::function<void(const std::string&)>& log_;
};

}  // namespace nadir
