// Creation and completion of GeoPackages.
#include "io/geopackage.h"

#include "pipeline/core/error.h"

namespace nadir {

void add_field(OGRLayer& layer, const char* name, OGRFieldType type) {
  OGRFieldDefn field(name, type);
  if (layer.CreateField(&field) != OGRERR_NONE)
    throw Error(Fault::io, std::string("the field ") + name + " cannot be created");
}

GeoPackage::GeoPackage(const std::string& path, const char* layer, OGRwkbGeometryType type, const std::string& crs_wkt,
                       const std::string& whose) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GPKG");
  dataset_.reset(driver ? driver->Create(path.c_str(), 0, 0, 0, GDT_Unknown, nullptr) : nullptr);
  if (!dataset_) throw Error(Fault::io, "the file cannot be created");
  OGRSpatialReference crs = parse_crs(crs_wkt, whose);
  layer_ = dataset_->CreateLayer(layer, crs.IsEmpty() ? nullptr : &crs, type, nullptr);
  if (!layer_) throw Error(Fault::io, "the layer cannot be created");
}

void GeoPackage::begin() {
  if (dataset_->StartTransaction() != OGRERR_NONE) throw Error(Fault::io, "the file takes no transaction");
}

void GeoPackage::add(OGRFeature& feature) {
  if (layer_->CreateFeature(&feature) != OGRERR_NONE) throw Error(Fault::io, "a feature cannot be written");
}

void GeoPackage::finish() {
  if (dataset_->CommitTransaction() != OGRERR_NONE) throw Error(Fault::io, "the transaction cannot be completed");
  CPLErrorReset();
  dataset_.reset();  // what is left is written now
  if (CPLGetLastErrorType() >= CE_Failure) throw Error(Fault::io, "the file cannot be completed");
}

}  // namespace nadir
