// Class maps as surveys.
#pragma once

#include <string>

#include "io/gdal_handle.h"

namespace nadir {

/// True when the file is a GeoTIFF.
bool is_raster_file(const std::string& path);

/// The connected areas of equal value in the one band of a GeoTIFF as polygons, in memory: one layer with a field
/// `class` that holds the name of the value (attribute table, category names or CLASS_n items) or the value itself.
/// Without class: nodata and masked pixels, and 0 where the file has names of classes. Throws Error(Fault::data) for
/// samples that are no whole numbers, for several bands (alpha aside), and for more than 4096 different values, or 255
/// where they have neither names nor a palette, which are no classes.
DatasetPtr polygons_of_classes(const std::string& path);

}  // namespace nadir
