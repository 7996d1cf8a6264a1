// Finding scenes.
#include "pipeline/app/scenes.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <set>

#include "pipeline/app/log.h"
#include "pipeline/core/error.h"
#include "pipeline/core/text.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

bool has_extension(const fs::path& path, std::initializer_list<const char*> extensions) {
  const std::string extension = lower(path.extension().string());
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

using Warn = std::function<void(const std::string&)>;

// Output folders of runs below hold results, not scenes; `.nadir` marks them. Pictures count only where there is no
// TIFF, beside which they would be previews.
class FolderSearch {
 public:
  explicit FolderSearch(const Warn& warn) : warn_(warn) {}

  std::vector<std::string> files_in(const fs::path& folder) {
    look_into(folder);
    // Only now, so that a folder which can be reached both ways is called by its own name.
    for (std::size_t k = 0; k < links_.size(); ++k) look_into(fs::path(links_[k]));
    const std::vector<std::string>& found = images_.empty() ? pictures_ : images_;
    if (!found.empty()) return found;
    std::string why;
    for (const std::string& fact : passed_over_) why += "; " + fact;
    throw Error(Fault::missing, "the folder " + folder.string() + " holds no *.tif or *.tiff file, nor pictures" + why);
  }

 private:
  void look_into(const fs::path& folder) {
    std::error_code failed;
    const fs::path own_name = fs::canonical(folder, failed);
    if (!seen_.insert(failed ? folder : own_name).second) return;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator next(folder, failed), end; !failed && next != end; next.increment(failed))
      entries.push_back(*next);
    if (failed) return pass_over("the folder " + folder.string() + " cannot be read: " + failed.message(), true);
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& entry : entries) take(entry);
  }

  void take(const fs::directory_entry& entry) {
    std::error_code failed;
    const fs::path& path = entry.path();
    if (entry.is_directory(failed)) {
      if (fs::exists(path / ".nadir", failed))
        pass_over(path.string() + " holds the results of a run", false);
      else if (path.filename() != ".nadir")
        entry.is_symlink(failed) ? links_.push_back(path.string()) : look_into(path);
    } else if (entry.is_symlink(failed) && !fs::exists(path, failed)) {
      pass_over("the link " + path.string() + " leads nowhere", true);
    } else if (entry.is_regular_file(failed) && has_extension(path, {".tif", ".tiff"})) {
      images_.push_back(path.string());
    } else if (entry.is_regular_file(failed) && has_extension(path, {".bmp", ".png", ".jpg", ".jpeg", ".jp2"})) {
      pictures_.push_back(path.string());
    }
  }

  void pass_over(const std::string& fact, bool is_worth_a_warning) {
    passed_over_.push_back(fact);
    if (is_worth_a_warning) warn_(fact);
  }

  const Warn& warn_;
  std::set<fs::path> seen_;
  std::vector<std::string> links_, images_, pictures_, passed_over_;
};

std::vector<std::string> files_matching(const std::string& pattern) {
  glob_t found{};
  const int status = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
  globfree(&found);
  if (files.empty()) throw Error(Fault::missing, "nothing matches " + pattern);
  return files;
}

std::vector<std::string> expand(const std::string& input, const Warn& warn) {
  if (input.starts_with("/vsi")) return {input};
  std::error_code failed;  // a name that is too long, say
  if (fs::is_directory(input, failed)) return FolderSearch(warn).files_in(input);
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

std::function<void(const std::string&)> warn_of_scenes() {
  return [](const std::string& fact) { Log(LogFormat::text, false).warning(fact); };
}

std::vector<SceneFile> find_scenes(const std::vector<std::string>& inputs, const Warn& warn) {
  std::set<std::string> paths;
  for (const std::string& input : inputs)
    for (const std::string& path : expand(input, warn))
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
