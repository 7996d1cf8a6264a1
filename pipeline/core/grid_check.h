// Whether grids fit together, and what to say of those that do not.
#pragma once

#include <string>

#include "pipeline/core/grid.h"

namespace nadir {

/// Size, pixel size and upper-left corner in words: "40 x 30 pixels of 10 x 10 at 500000, 4600000".
std::string to_text(const Grid& grid);

}  // namespace nadir
