// A ground survey: features with a class, in the reference system of the scene that they are used with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/image.h"

namespace nadir {

enum class Shape { point, line, polygon };

/// How much of a mixed feature is of one class.
struct ClassShare {
  std::uint16_t class_id = 0;
  float share = 0;  ///< in (0, 1]; those of a feature sum up to 1
};

struct Feature {
  std::string id;              ///< of the file, for reports
  std::uint16_t class_id = 0;  ///< one of Survey::classes; of a mixed feature that with the largest share
  Shape shape = Shape::polygon;
  /// Map coordinates: rings of polygons (inside by the even-odd rule; holes run the other way round than what they are
  /// cut out of), lines, points.
  std::vector<std::vector<Point>> parts;
  bool test = false;                 ///< kept out of training
  std::vector<ClassShare> shares{};  ///< of a mixed feature, by ascending class id; empty: all is class_id
};

/// A surveyed place that was also found in an image.
struct ControlPoint {
  std::string id;
  Point map;          ///< where it is, in the survey's reference system
  Point pixel;        ///< where the image shows it, (0, 0) at the upper-left corner of the first pixel
  std::string image;  ///< the image that it was found in, empty when there is only one
};

struct Survey {
  std::string source;              ///< file and layers that it was read from
  std::string crs_wkt;             ///< that of the scene it was read for
  std::vector<ClassInfo> classes;  ///< ids 1 … n in a stated order; 0 is never a class
  std::vector<Feature> features;
  std::vector<ControlPoint> control_points{};
  std::vector<std::string> warnings{};  ///< what looks wrong in the file, in words

  const ClassInfo* find_class(std::uint16_t id) const;
  Extent extent() const;
};

/// Which features take part.
enum class Split { all, train, test };

/// For every pixel of the window 1 + the index of the feature whose polygon holds the pixel's centre, or whose point or
/// line touches the pixel; 0 where there is none. Later features win. `index` has window.area() entries, row by row.
void rasterize(const Survey& survey, const Grid& grid, const Window& window, Split split,
               std::span<std::int32_t> index);

/// The same for one feature alone: `mark` where it is, other pixels are left as they are.
void burn(const Feature& feature, const Grid& grid, const Window& window, std::int32_t mark,
          std::span<std::int32_t> index);

/// The pixels that a feature may touch, clipped to the grid.
Window pixel_window(const Feature& feature, const Grid& grid);

/// Distinct, colour-blind-friendly colours for classes 1, 2, …
std::array<std::uint8_t, 3> class_colour(std::size_t index);

}  // namespace nadir
