// Which files a run works on, and how they are called.
#pragma once

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
/// output folders of runs inside them; patterns with * and ? expanded; /vsi paths passed through. Sorted and free of
/// duplicates; no name is one that a run keeps for itself. Throws Error(Fault::missing) for an input that is not there
/// or matches nothing.
std::vector<SceneFile> find_scenes(const std::vector<std::string>& inputs);

}  // namespace nadir::app
