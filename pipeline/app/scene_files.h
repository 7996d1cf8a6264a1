// The files that a completed scene consists of, and whether they still are what they were.
#pragma once

#include <string>

#include "pipeline/app/record_json.h"

namespace nadir::app {

/// The files of a scene's nodes in its output folder, as [{"path": …, "bytes": …}]: results, what was found, models and
/// what stands beside them. `scene` is an entry of run.json's scenes.
Json files_of(const Json& scene, const std::string& folder);

/// What is wrong with the files of a mark, such as "model.model is gone"; empty where nothing is. Files may have grown,
/// and styles and names of classes may have been edited: these are wrong only when they are gone or empty.
std::string damage_of(const Json& mark);

/// The scene with {"count": …, "see": "<scene>/<node>.json"} in place of each list of more than 20 values, or matrix of
/// more than 20 rows or columns, that its nodes found; the count of a matrix is [rows, columns].
Json with_short_lists(Json scene);

/// Writes <node>.json of every value of the scene.
void write_values(const Json& scene, const std::string& folder);
/// Writes those of a mark again that are gone or cut short.
void restore_values(const Json& mark, const std::string& folder);

}  // namespace nadir::app
