// Bands by what users call them.
#pragma once

#include <optional>
#include <string>

#include "pipeline/core/image.h"

namespace nadir {

/// Index of the first band that `wanted` names: by number (from 1), else by name, else by colour ("Red", "Gray");
/// whether letters are capitals does not matter. A text that is a number is never a name.
std::optional<int> find_band(const ImageInfo& image, const std::string& wanted);

/// Numbers of all bands with their names, or colours where they have none: "1 (blue), 2 (nir)"; at most 20.
std::string list_bands(const ImageInfo& image);

/// For messages where find_band() finds none: what `parameter` asked for, what there is, and that numbers do as well.
std::string no_such_band(const ImageInfo& image, const std::string& wanted, const std::string& parameter);

}  // namespace nadir
