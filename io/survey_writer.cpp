// Surveys to GeoPackages.
#include <ogrsf_frmts.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/gdal_handle.h"
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

void write_features(OGRLayer& layer, const Survey& survey, const std::string& class_field) {
  for (const Feature& f : survey.features) {
    OGRFeature row(layer.GetLayerDefn());
    const ClassInfo* known = survey.find_class(f.class_id);
    row.SetField(class_field.c_str(), known ? known->name.c_str() : std::to_string(f.class_id).c_str());
    row.SetField("feature", f.id.c_str());
    row.SetGeometryDirectly(geometry_from(f).release());
    if (layer.CreateFeature(&row) != OGRERR_NONE) throw Error(Fault::io, "feature " + f.id + " cannot be written");
  }
}

void write_layer(GDALDataset& dataset, const Survey& survey, const std::string& class_field) {
  OGRSpatialReference crs = parse_crs(survey.crs_wkt, "the survey");
  OGRLayer* layer = dataset.CreateLayer("survey", crs.IsEmpty() ? nullptr : &crs, wkbUnknown, nullptr);
  OGRFieldDefn class_column(class_field.c_str(), OFTString);
  OGRFieldDefn id_column("feature", OFTString);
  if (!layer || layer->CreateField(&class_column) != OGRERR_NONE || layer->CreateField(&id_column) != OGRERR_NONE)
    throw Error(Fault::io, "the layer cannot be created");
  if (dataset.StartTransaction() != OGRERR_NONE) throw Error(Fault::io, "the file takes no transaction");
  write_features(*layer, survey, class_field);
  if (dataset.CommitTransaction() != OGRERR_NONE) throw Error(Fault::io, "the transaction cannot be completed");
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
  // GeoPackages hold the time of their making; a fixed one keeps equal surveys equal files.
  CPLConfigOptionSetter fixed_time("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z", false);
  try {
    GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GPKG");
    DatasetPtr dataset(driver ? driver->Create(unfinished.c_str(), 0, 0, 0, GDT_Unknown, nullptr) : nullptr);
    if (!dataset) throw Error(Fault::io, "the file cannot be created");
    write_layer(*dataset, survey, class_field);
    dataset.reset();
    if (messages.failed()) throw Error(Fault::io, "the file cannot be completed");
    if (std::rename(unfinished.c_str(), path.c_str()) != 0)
      throw Error(Fault::io, std::string("rename failed: ") + std::strerror(errno));
  } catch (const Error& error) {
    fs::remove(unfinished, failure);
    throw Error(error.fault(), path + ": " + error.what() + (messages.text().empty() ? "" : ": " + messages.text()));
  }
}

}  // namespace nadir
