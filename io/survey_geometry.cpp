// Flattening and reprojection of geometries.
#include "io/survey_geometry.h"

#include <algorithm>
#include <cmath>

#include "io/gdal_handle.h"

namespace nadir {
namespace {

std::vector<Point> points_of(const OGRSimpleCurve& curve) {
  std::vector<Point> points;
  points.reserve(std::size_t(curve.getNumPoints()));
  for (int i = 0; i < curve.getNumPoints(); ++i) points.push_back({curve.getX(i), curve.getY(i)});
  return points;
}

void collect(const OGRGeometry& geometry, Shape shape, std::vector<std::vector<Point>>& parts) {
  const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
  if (OGR_GT_IsSubClassOf(type, wkbGeometryCollection)) {
    for (const OGRGeometry* member : *geometry.toGeometryCollection()) collect(*member, shape, parts);
  } else if (type == wkbPolygon && shape == Shape::polygon) {
    for (const OGRLinearRing* ring : *geometry.toPolygon()) {
      if (ring->getNumPoints() < 3) continue;
      parts.push_back(points_of(*ring));
      const bool is_hole = ring != geometry.toPolygon()->getExteriorRing();
      if (bool(ring->isClockwise()) != is_hole) std::reverse(parts.back().begin(), parts.back().end());
    }
  } else if (type == wkbLineString && shape == Shape::line) {
    if (geometry.toLineString()->getNumPoints() >= 2) parts.push_back(points_of(*geometry.toLineString()));
  } else if (type == wkbPoint && shape == Shape::point) {
    if (!geometry.IsEmpty()) parts.push_back({{geometry.toPoint()->getX(), geometry.toPoint()->getY()}});
  }
}

bool all_finite(const Feature& feature) {
  for (const auto& part : feature.parts)
    for (const Point& p : part)
      if (!std::isfinite(p.x) || !std::isfinite(p.y)) return false;
  return true;
}

}  // namespace

std::optional<Feature> feature_from(const OGRGeometry* geometry) {
  if (!geometry || geometry->IsEmpty()) return std::nullopt;
  const std::unique_ptr<OGRGeometry> straight(geometry->getLinearGeometry());  // arcs become chords
  if (!straight) return std::nullopt;
  for (const Shape shape : {Shape::polygon, Shape::line, Shape::point}) {
    Feature feature;
    feature.shape = shape;
    collect(*straight, shape, feature.parts);
    if (!feature.parts.empty()) return all_finite(feature) ? std::optional(std::move(feature)) : std::nullopt;
  }
  return std::nullopt;
}

Feature buffered(const Feature& feature, double distance) {
  if (feature.shape == Shape::polygon) return feature;
  OGRMultiPoint points;
  OGRMultiLineString lines;
  for (const auto& part : feature.parts) {
    OGRLineString line;
    for (const Point& p : part) {
      const OGRPoint point(p.x, p.y);
      line.addPoint(&point);
      if (feature.shape == Shape::point) points.addGeometry(&point);
    }
    if (feature.shape == Shape::line) lines.addGeometry(&line);
  }
  const OGRGeometry& centre = feature.shape == Shape::point ? static_cast<const OGRGeometry&>(points) : lines;
  const GdalMessages messages;
  const std::unique_ptr<OGRGeometry> area(centre.Buffer(distance));
  auto result = feature_from(area.get());
  if (!result) throw Error(Fault::data, "a point or line cannot be given its buffer: " + messages.text());
  result->id = feature.id;
  result->class_id = feature.class_id;
  result->test = feature.test;
  result->shares = feature.shares;
  return *result;
}

Reprojection::Reprojection(const OGRSpatialReference& from, const OGRSpatialReference& to) {
  if (!states_place(from) || !states_place(to) || from.IsSame(&to)) return;
  const GdalMessages messages;
  transformation_.reset(OGRCreateCoordinateTransformation(&from, &to));
  if (!transformation_)
    throw Error(Fault::data,
                "there is no transformation from " + crs_name(&from) + " to " + crs_name(&to) + ": " + messages.text());
}

bool Reprojection::apply(Feature& feature) const {
  if (!transformation_) return true;
  const GdalMessages quiet;
  for (auto& part : feature.parts)
    for (Point& p : part) {
      int success = 0;
      transformation_->Transform(1, &p.x, &p.y, nullptr, &success);
      if (!success) return false;
    }
  return all_finite(feature);
}

}  // namespace nadir
