// GeoPackages of one layer.
#pragma once

#include <ogrsf_frmts.h>

#include <string>

#include "io/gdal_handle.h"

namespace nadir {

/// Throws Error(Fault::io) with the field's name.
void add_field(OGRLayer& layer, const char* name, OGRFieldType type);

/// A GeoPackage that is written in one transaction. Equal features make equal files: it does not hold the time of its
/// making. All functions throw Error(Fault::io) without the path; GDAL's words go to the GdalMessages of the thread.
class GeoPackage {
 public:
  /// Creates the file, which must not be there. `crs_wkt` may be empty; `whose` names its owner in errors.
  GeoPackage(const std::string& path, const char* layer, OGRwkbGeometryType type, const std::string& crs_wkt,
             const std::string& whose);

  OGRLayer& layer() { return *layer_; }
  /// After the fields, before the first feature.
  void begin();
  void add(OGRFeature& feature);
  /// Completes and closes the file; without it, it is not to be used.
  void finish();

 private:
  CPLConfigOptionSetter fixed_time_{"OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z", false};
  DatasetPtr dataset_;
  OGRLayer* layer_ = nullptr;
};

}  // namespace nadir
