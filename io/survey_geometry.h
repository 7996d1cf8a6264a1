// Geometries as lists of points, in the reference system of the scene.
#pragma once

#include <ogrsf_frmts.h>

#include <memory>
#include <optional>

#include "pipeline/core/survey.h"

namespace nadir {

/// Shape and parts; nullopt when the geometry is empty. Of mixed collections the polygons are kept, else lines, else
/// points. Heights and measures are dropped; outer rings run counter-clockwise, holes clockwise.
std::optional<Feature> feature_from(const OGRGeometry* geometry);

/// The area within `distance` of a point or line; polygons as they are.
Feature buffered(const Feature& feature, double distance);

/// Moves features from one reference system to another; where one of them states no place (states_place) or both are
/// the same, the coordinates stay as they are.
class Reprojection {
 public:
  Reprojection(const OGRSpatialReference& from, const OGRSpatialReference& to);
  /// False when a point has no image there.
  bool apply(Feature& feature) const;

 private:
  std::unique_ptr<OGRCoordinateTransformation> transformation_;
};

}  // namespace nadir
