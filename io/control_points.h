// Surveyed points with the place where an image shows them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo read_control_points_stage();

/// One row of a list of points, as far as it tells.
struct ControlRow {
  std::string id;
  std::optional<Point> map;
  std::optional<Point> pixel;
  std::string image;
};

struct ControlList {
  std::string crs;  ///< as the file says it, empty when it does not
  std::vector<ControlRow> rows;
};

/// Reads the text of a list, in one of these forms:
///   x y z pixel line image id …   OpenDroneMap's gcp_list.txt, after a line with the reference system; id may lack
///   id x y pixel line image, id x y z pixel line image, id x y z, id x y   where id is no number, and image may lack
///   x y pixel line, x y z pixel line   in lists of RSGISLib (a comment with "Reference Map") x y pixel line metric
///   pixel line image id   id may lack
///   a table with a header: id, x or lon or easting, y or lat or northing, pixel or col, line or row, image
/// Words are separated by commas, semicolons, tabs or blanks. Lines that begin with # are skipped, and so is a byte
/// order mark. Throws Error(Fault::data) with the line that cannot be read.
ControlList parse_control_list(const std::string& text, const std::string& path);

/// What looks wrong in a list of points, one sentence each: points of one image at the same pixel but at different
/// places, ids with several places, and, against a second list, ids that are shifted or differ. Distances in metres
/// when coordinates are.
std::vector<std::string> doubtful_points(const std::vector<ControlPoint>& points);
std::vector<std::string> differences(const std::vector<ControlPoint>& points, const std::vector<ControlPoint>& other,
                                     const std::string& other_name);

}  // namespace nadir
