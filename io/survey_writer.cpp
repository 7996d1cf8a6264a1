// Surveys to GeoPackages.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/geopackage.h"
#include "io/io.h"

namespace nadir {
namespace {

std::unique_ptr<OGRGeometry> polygon_from(const Feature& feature) {
  std::vector<OGRGeometry*> rings;
  for (const auto& part : feature.parts) {
    auto ring = std::make_unique<OGRLinearRing>();
    for (const Point& p : part) ring->addPoint(p.x, p.y);
    ring->closeRings();
    auto polygon = std::make_unique<OGRPolygon>();
    polygon->addRingDirectly(ring.release());
    rings.push_back(polygon.release());
  }
  int valid = 0;  // rings inside rings become holes
  return std::unique_ptr<OGRGeometry>(
      OGRGeometryFactory::organizePolygons(rings.data(), int(rings.size()), &valid, nullptr));
}

std::unique_ptr<OGRGeometry> lines_from(const Feature& feature) {
  auto lines = std::make_unique<OGRMultiLineString>();
  for (const auto& part : feature.parts) {
    auto line = std::make_unique<OGRLineString>();
    for (const Point& p : part) line->addPoint(p.x, p.y);
    lines->addGeometryDirectly(line.release());
  }
  return lines;
}

std::unique_ptr<OGRGeometry> points_from(const Feature& feature) {
  auto points = std::make_unique<OGRMultiPoint>();
  for (const auto& part : feature.parts)
    for (const Point& p : part) points->addGeometryDirectly(new OGRPoint(p.x, p.y));
  if (points->getNumGeometries() == 1) return std::unique_ptr<OGRGeometry>(points->getGeometryRef(0)->clone());
  return points;
}

std::unique_ptr<OGRGeometry> geometry_from(const Feature& feature) {
  std::unique_ptr<OGRGeometry> geometry = feature.shape == Shape::polygon ? polygon_from(feature)
                                          : feature.shape == Shape::line  ? lines_from(feature)
                                                                          : points_from(feature);
  geometry->flattenTo2D();
  return geometry;
}

void write_features(GeoPackage& file, const Survey& survey, const std::string& class_field) {
  for (const Feature& f : survey.features) {
    OGRFeature row(file.layer().GetLayerDefn());
    const ClassInfo* known = survey.find_class(f.class_id);
    row.SetField(class_field.c_str(), known ? known->name.c_str() : std::to_string(f.class_id).c_str());
    row.SetField("feature", f.id.c_str());
    row.SetGeometryDirectly(geometry_from(f).release());
    file.add(row);
  }
}

void write_layer(const std::string& path, const Survey& survey, const std::string& class_field) {
  GeoPackage file(path, "survey", wkbUnknown, survey.crs_wkt, "the survey");
  add_field(file.layer(), class_field.c_str(), OFTString);
  add_field(file.layer(), "feature", OFTString);
  file.begin();
  write_features(file, survey, class_field);
  file.finish();
}

}  // namespace

void write_survey_file(const std::string& path, const Survey& survey, const std::string& class_field) {
  namespace fs = std::filesystem;
  register_drivers();
  const fs::path target(path);
  const fs::path folder = target.parent_path().empty() ? fs::path(".") : target.parent_path();
  const std::string unfinished =
      (folder / (".unfinished-" + std::to_string(::getpid()) + "-" + target.filename().string())).string();
  std::error_code failure;
  fs::create_directories(folder, failure);
  fs::remove(unfinished, failure);
  const GdalMessages messages;
  try {
    write_layer(unfinished, survey, class_field);
    if (std::rename(unfinished.c_str(), path.c_str()) != 0)
      throw Error(Fault::io, std::string("rename failed: ") + std::strerror(errno));
  } catch (const Error& error) {
    fs::remove(unfinished, failure);
    throw Error(error.fault(), path + ": " + error.what() + (messages.text().empty() ? "" : ": " + messages.text()));
  }
}

}  // namespace nadir
