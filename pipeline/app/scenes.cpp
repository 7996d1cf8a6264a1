// Finding scenes.
#include "pipeline/app/scenes.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <set>

#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

bool has_extension(const fs::path& path, std::initializer_list<const char*> extensions) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

// Output folders of runs below hold results, not scenes; `.nadir` marks them. Pictures count only where there is no
// TIFF, beside which they would be previews.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files, pictures;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied);
  for (auto entry = begin(entries); entry != end(entries); ++entry) {
    if (entry->is_directory() && (entry->path().filename() == ".nadir" || fs::exists(entry->path() / ".nadir")))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file() && has_extension(entry->path(), {".tif", ".tiff"}))
      files.push_back(entry->path().string());
    else if (entry->is_regular_file() && has_extension(entry->path(), {".bmp", ".png", ".jpg", ".jpeg", ".jp2"}))
      pictures.push_back(entry->path().string());
  }
  if (files.empty()) files = std::move(pictures);
  if (files.empty())
    throw Error(Fault::missing, "the folder " + folder.string() + " holds no *.tif or *.tiff file, nor pictures");
  return files;
}

std::vector<std::string> files_matching(const std::string& pattern) {
  glob_t found{};
  const int status = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
  globfree(&found);
  if (files.empty()) throw Error(Fault::missing, "nothing matches " + pattern);
  return files;
}

std::vector<std::string> expand(const std::string& input) {
  if (input.starts_with("/vsi")) return {input};
  std::error_code failed;  // a name that is too long, say
  if (fs::is_directory(input, failed)) return files_in(input);
  if (fs::exists(input, failed)) return {input};
  if (input.find_first_of("*?[") != std::string::npos) return files_matching(input);
  throw Error(Fault::missing, "there is no file or folder " + input);
}

// No step to another folder: "...tif" has the stem "..".
std::string folder_name(const std::string& path) {
  const std::string stem = fs::path(path).stem().string();
  return is_folder_name(stem) ? stem : "scene";
}

// Names that a run uses itself in its output folder and in .nadir.
bool is_reserved(const std::string& name) {
  static const std::set<std::string> names{".nadir", "run.json", "metrics.csv", "report.html", "lock"};
  return names.contains(name) || name.ends_with(".done.json") || (name.starts_with("unit-") && name.ends_with(".lock"));
}

}  // namespace

bool is_folder_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

std::vector<SceneFile> find_scenes(const std::vector<std::string>& inputs) {
  std::set<std::string> paths;
  for (const std::string& input : inputs)
    for (const std::string& path : expand(input))
      paths.insert(path.starts_with("/vsi") ? path : fs::absolute(path).lexically_normal().string());
  std::map<std::string, int> stems;
  for (const std::string& path : paths) ++stems[folder_name(path)];
  std::vector<SceneFile> scenes;
  std::set<std::string> taken;
  for (const std::string& path : paths) {
    std::string name = folder_name(path);
    if (stems[name] > 1) name = fs::path(path).parent_path().filename().string() + "_" + name;
    const std::string base = name;
    for (int k = 2; is_reserved(name) || !taken.insert(name).second; ++k) name = base + "_" + std::to_string(k);
    scenes.push_back({name, path});
  }
  return scenes;
}

}  // namespace nadir::app
