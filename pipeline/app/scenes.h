// Which files a run works on, and how they are called.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace nadir::app {

struct SceneFile {
  std::string name;  ///< the file's stem, made unique by its folder where two are alike
  std::string path;  ///< absolute, the same from every working directory
};

/// False for what is no folder of its own inside of another one: "", ".", ".." and paths.
bool is_folder_name(const std::string& name);

/// Files as given; folders searched for *.tif and *.tiff (where there is none for *.bmp, *.png, *.jpg, *.jp2), but not
/// output folders of runs inside them; links to folders followed, each folder once; patterns with * and ? expanded;
/// /vsi paths passed through. Sorted and free of duplicates; no name is one that a run keeps for itself. `warn` hears
/// of folders that cannot be read and of links that lead nowhere. Throws Error(Fault::missing) for an input that is not
/// there or matches nothing.
std::vector<SceneFile> find_scenes(const std::vector<std::string>& inputs,
                                   const std::function<void(const std::string&)>& warn);

/// Says it on stderr, for commands that keep no log.
std::function<void(const std::string&)> warn_of_scenes();

}  // namespace nadir::app
