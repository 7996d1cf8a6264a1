// Whether grids fit together, and what to say of those that do not.
#pragma once

#include <string>

#include "pipeline/core/grid.h"

namespace nadir {

/// Size, pixel size and upper-left corner in words: "40 x 30 pixels of 10 x 10 at 500000, 4600000".
std::string to_text(const Grid& grid);

/// Whether two definitions (WKT 1 or 2) can mean the same horizontal reference system: the same text; or, where both
/// carry a code of the same authority, the same code; or else the same kind of system with the same numbers
/// (ellipsoid, units, parameters), whatever things are called. True where one is empty, for then nothing is known.
bool may_be_same_crs(const std::string& wkt_a, const std::string& wkt_b);

/// Name and code of a system: "WGS 84 / UTM zone 32N (EPSG:32632)".
std::string crs_in_words(const std::string& wkt);

/// Throws Error(Fault::data) where the systems of both differ; the names are those that the message calls them by.
void require_same_crs(const Grid& image, const Grid& reference, const std::string& image_name = "the image",
                      const std::string& reference_name = "the reference");

}  // namespace nadir
