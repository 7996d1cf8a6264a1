// Ownership of GDAL's objects, and its messages as text instead of lines on the terminal.
#pragma once

#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <memory>
#include <string>
#include <vector>

#include "pipeline/core/error.h"
#include "pipeline/core/grid.h"

namespace nadir {

struct CloseDataset {
  void operator()(GDALDataset* dataset) const noexcept { GDALClose(dataset); }
};
using DatasetPtr = std::unique_ptr<GDALDataset, CloseDataset>;

/// Whether there is a file or folder of this name, as GDAL names files (/vsimem/… too).
bool file_exists(const std::string& path);

/// Registers all drivers, once a process; every entry point calls it before it opens a file.
void register_drivers();

/// Collects what GDAL says on this thread while it lives.
class GdalMessages {
 public:
  GdalMessages();
  ~GdalMessages();
  GdalMessages(const GdalMessages&) = delete;
  GdalMessages& operator=(const GdalMessages&) = delete;
  bool failed() const { return failed_; }
  /// Distinct messages in their order; failures only, when there are any.
  std::string text() const;

 private:
  static void CPL_STDCALL collect(CPLErr severity, CPLErrorNum code, const char* message);

  bool failed_ = false;
  std::vector<std::string> failures_;
  std::vector<std::string> warnings_;
};

/// A list of strings as GDAL's options want it: "NAME=value".
class GdalOptions {
 public:
  GdalOptions& set(const char* name, const std::string& value);
  char** get() const { return const_cast<char**>(list_.List()); }

 private:
  CPLStringList list_;
};

/// Opens a file of one of the named drivers for reading, `kind` being GDAL_OF_RASTER or GDAL_OF_VECTOR. `parameter` is
/// where the user named them: `drivers`, which may allow others, or `path`, which cannot.
DatasetPtr open_dataset(const std::string& path, unsigned kind, const std::vector<std::string>& drivers,
                        const std::string& parameter);

/// The reference system with x before y, whatever its authority says; empty WKT gives an empty reference system.
OGRSpatialReference parse_crs(const std::string& definition, const std::string& whose);
std::string to_wkt(const OGRSpatialReference* crs);
/// False for none, for local systems without datum, and for what GeoPackages call undefined: coordinates in these can
/// be compared with no others.
bool states_place(const OGRSpatialReference& crs);
/// Name and code for messages: "WGS 84 / UTM zone 32N (EPSG:32632)".
std::string crs_name(const OGRSpatialReference* crs);
std::string to_text(const Extent& extent);

/// The text without bytes that are not UTF-8.
std::string clean_text(const char* text);

}  // namespace nadir
