// How QGIS shows a mask.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/image.h"

namespace nadir {

/// A style file (.qml) for the mask: every class with its colour and name, unclassified pixels transparent.
std::string mask_style(const std::vector<ClassInfo>& classes);

}  // namespace nadir
