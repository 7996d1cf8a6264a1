// Opening of files through GDAL, its messages, and reference systems.
#include "io/gdal_handle.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

#include "pipeline/core/text.h"

namespace nadir {
namespace {

std::vector<std::string> known_drivers() {
  std::vector<std::string> known;
  for (int i = 0; i < GetGDALDriverManager()->GetDriverCount(); ++i)
    known.push_back(GetGDALDriverManager()->GetDriver(i)->GetDescription());
  return known;
}

void require_drivers(const std::vector<std::string>& drivers, const std::string& parameter) {
  for (const std::string& name : drivers) {
    if (GetGDALDriverManager()->GetDriverByName(name.c_str())) continue;
    const std::string near = nearest_name(name, known_drivers());
    throw Error(Fault::config,
                parameter + ": there is no format '" + name + "'" +
                    (near.empty() ? "; `gdalinfo --formats` lists them" : "; did you mean '" + near + "'?"));
  }
}

std::string advice_on(const std::string& format, unsigned kind, const std::string& parameter) {
  if (parameter == "drivers") return "set drivers: [" + format + "] if you trust the file";
  return std::string("convert it: ") + (kind == GDAL_OF_VECTOR ? "ogr2ogr -f GPKG OUT IN" : "gdal_translate IN OUT");
}

[[noreturn]] void refuse(const std::string& path, unsigned kind, const std::vector<std::string>& drivers,
                         const std::string& parameter, const std::string& reason) {
  if (path.find(':') == std::string::npos && !file_exists(path))
    throw Error(Fault::missing, path + ": there is no such file");
  const GdalMessages quiet;
  GDALDriverH found = GDALIdentifyDriver(path.c_str(), nullptr);
  const std::string format = found ? GDALGetDescription(found) : "";
  if (!format.empty() && std::find(drivers.begin(), drivers.end(), format) == drivers.end())
    throw Error(Fault::data, path + ": is a file of format " + format + ", allowed are " + join(drivers) + "; " +
                                 advice_on(format, kind, parameter));
  throw Error(Fault::data, path + ": cannot be opened as " + join(drivers) +
                               (reason.empty() ? ", it is none of these formats" : ": " + reason));
}

}  // namespace

bool file_exists(const std::string& path) {
  VSIStatBufL stat;
  return VSIStatExL(path.c_str(), &stat, VSI_STAT_EXISTS_FLAG) == 0;
}

void register_drivers() {
  static std::once_flag once;
  std::call_once(once, [] {
    GDALAllRegister();
    CPLSetErrorHandler(CPLQuietErrorHandler);  // for GDAL's own threads; ours collect messages
    // A JPEG that ends early is an error, not a grey rest of the image.
    CPLSetConfigOption("GDAL_ERROR_ON_LIBJPEG_WARNING", "TRUE");
    // Sidecars are looked for by name; listing the folder for every scene takes longer than reading a small one.
    CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "TRUE");
  });
}

GdalMessages::GdalMessages() { CPLPushErrorHandlerEx(collect, this); }
GdalMessages::~GdalMessages() { CPLPopErrorHandler(); }

void GdalMessages::collect(CPLErr severity, CPLErrorNum, const char* message) {
  auto& self = *static_cast<GdalMessages*>(CPLGetErrorHandlerUserData());
  self.failed_ = self.failed_ || severity >= CE_Failure;
  std::vector<std::string>& list = severity >= CE_Failure ? self.failures_ : self.warnings_;
  const std::string text = clean_text(message);
  const std::size_t enough = 2;  // a damaged file repeats itself
  if (severity != CE_Debug && list.size() < enough && std::find(list.begin(), list.end(), text) == list.end())
    list.push_back(text);
}

std::string GdalMessages::text() const { return join(failures_.empty() ? warnings_ : failures_, "; "); }

GdalOptions& GdalOptions::set(const char* name, const std::string& value) {
  list_.SetNameValue(name, value.c_str());
  return *this;
}

DatasetPtr open_dataset(const std::string& path, unsigned kind, const std::vector<std::string>& drivers,
                        const std::string& parameter) {
  register_drivers();
  require_drivers(drivers, parameter);
  std::vector<const char*> allowed;
  for (const std::string& name : drivers) allowed.push_back(name.c_str());
  allowed.push_back(nullptr);
  std::string reason;
  {
    const GdalMessages messages;
    DatasetPtr dataset(
        GDALDataset::Open(path.c_str(), kind | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, allowed.data()));
    if (dataset) return dataset;
    reason = messages.text();
  }
  refuse(path, kind, drivers, parameter, reason);
}

OGRSpatialReference parse_crs(const std::string& definition, const std::string& whose) {
  // The scenes of a folder have few systems, and parsing is far slower than copying.
  static std::mutex mutex;
  static std::map<std::string, OGRSpatialReference> known;
  const std::scoped_lock lock(mutex);
  if (const auto it = known.find(definition); it != known.end()) return it->second;
  OGRSpatialReference crs;
  if (!definition.empty()) {
    const GdalMessages messages;
    const char* const* local_only = OGRSpatialReference::SET_FROM_USER_INPUT_LIMITATIONS_get();
    if (crs.SetFromUserInput(definition.c_str(), local_only) != OGRERR_NONE)
      throw Error(Fault::data,
                  whose + ": '" + definition.substr(0, 200) +
                      "' is no reference system that PROJ knows; give a code (EPSG:32632), WKT or a PROJ string");
  }
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  const std::size_t plenty = 64;
  if (known.size() >= plenty) known.clear();
  known.emplace(definition, crs);
  return crs;
}

std::string to_wkt(const OGRSpatialReference* crs) {
  if (!crs || crs->IsEmpty()) return "";
  const GdalMessages quiet;
  const char* const options[] = {"FORMAT=WKT2_2019", nullptr};
  char* text = nullptr;
  if (crs->exportToWkt(&text, options) != OGRERR_NONE) {
    CPLFree(text);
    text = nullptr;
    crs->exportToWkt(&text);
  }
  const std::string wkt = text ? text : "";
  CPLFree(text);
  return wkt;
}

bool states_place(const OGRSpatialReference& crs) {
  const char* name = crs.GetName();
  return !crs.IsEmpty() && !crs.IsLocal() && !(name && STARTS_WITH_CI(name, "Undefined "));
}

std::string crs_name(const OGRSpatialReference* crs) {
  if (!crs || crs->IsEmpty()) return "no reference system";
  const char* name = crs->GetName();
  if (!states_place(*crs)) return std::string("no reference system ('") + (name ? clean_text(name) : "") + "')";
  const char* authority = crs->GetAuthorityName(nullptr);
  const char* code = crs->GetAuthorityCode(nullptr);
  const std::string label = name ? clean_text(name) : "unnamed";
  return authority && code ? label + " (" + authority + ":" + code + ")" : label;
}

std::string to_text(const Extent& e) {
  char text[160];
  std::snprintf(text, sizeof text, "x %.10g … %.10g, y %.10g … %.10g", e.min_x, e.max_x, e.min_y, e.max_y);
  return text;
}

std::string clean_text(const char* text) {
  if (!text) return "";
  if (CPLIsUTF8(text, -1)) return text;
  char* ascii = CPLForceToASCII(text, -1, '?');
  const std::string clean = ascii;
  CPLFree(ascii);
  return clean;
}

}  // namespace nadir
