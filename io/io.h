// Readers and writers: the edges of the graph, and what the program needs of files beside it. The only family that
// knows file formats; none of GDAL's types appears here.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

/// read_geotiff, read_survey, read_control_points, write_geotiff, write_mask, write_segments, write_tie_points.
std::vector<StageInfo> io_stages();

/// Registers the formats, bounds the caches of readers and writers, sets how many threads may compress one file, and
/// keeps GDAL's messages off the terminal. Call before any thread is started.
void configure_io(std::size_t cache_bytes, int threads = 1);
/// As set by configure_io.
int io_threads();

/// Writes a whole image as Cloud Optimized GeoTIFF in info.type; the file appears complete or not at all.
void write_geotiff_file(const std::string& path, const ImageInfo& info, ConstTileView pixels);

/// Writes a GeoPackage with one layer "survey": the class name in `class_field`, and the feature's id.
void write_survey_file(const std::string& path, const Survey& survey, const std::string& class_field);

/// Reads a whole image (GeoTIFF, PNG, JPEG, BMP); `info`, where given, receives what is known of it. Class names of
/// masks written by write_mask come back in info->classes.
Tile read_whole(const std::string& path, ImageInfo* info);

}  // namespace nadir
