// Raw tags of TIFF files.
#include "io/tiff_tags.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "io/gdal_handle.h"

namespace nadir {
namespace {

// A handle of another libtiff would be another structure.
bool shares_libtiff() {
  static const bool shared = [] {
    GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
    const char* version = driver ? driver->GetMetadataItem("LIBTIFF") : nullptr;
    return version && std::strcmp(version, TIFFGetVersion()) == 0;
  }();
  return shared;
}

char kNames[8][24] = {"ModelPixelScale", "ModelTiepoint",  "ModelTransformation", "GeoKeyDirectory",
                      "GeoDoubleParams", "GeoAsciiParams", "GDALMetadata",        "GDALNoDataValue"};

TIFFFieldInfo field(std::uint32_t tag, TIFFDataType type, bool counted, char* name) {
  return {tag, TIFF_VARIABLE, TIFF_VARIABLE, type, FIELD_CUSTOM, 1, static_cast<unsigned char>(counted), name};
}

}  // namespace

TIFF* libtiff_handle(GDALDataset& dataset) {
  if (!EQUAL(dataset.GetDriverName(), "GTiff") || !shares_libtiff()) return nullptr;
  return static_cast<TIFF*>(dataset.GetInternalHandle("TIFF_HANDLE"));
}

void know_geo_tags(TIFF& handle) {
  using namespace geotiff;
  static const std::array<TIFFFieldInfo, 8> fields{
      field(kPixelScale, TIFF_DOUBLE, true, kNames[0]),     field(kTiePoints, TIFF_DOUBLE, true, kNames[1]),
      field(kTransformation, TIFF_DOUBLE, true, kNames[2]), field(kKeyDirectory, TIFF_SHORT, true, kNames[3]),
      field(kDoubles, TIFF_DOUBLE, true, kNames[4]),        field(kText, TIFF_ASCII, false, kNames[5]),
      field(kGdalMetadata, TIFF_ASCII, false, kNames[6]),   field(kGdalNodata, TIFF_ASCII, false, kNames[7])};
  TIFFMergeFieldInfo(&handle, fields.data(), std::uint32_t(fields.size()));
}

std::string geo_keys(GDALDataset& dataset, const std::string& path) {
  TIFF* tiff = libtiff_handle(dataset);
  if (!tiff || file_exists(path + ".aux.xml")) return {};
  std::uint16_t keys = 0, numbers = 0;
  const std::uint16_t* directory = nullptr;
  const double* doubles = nullptr;
  const char* text = nullptr;
  if (!TIFFGetField(tiff, geotiff::kKeyDirectory, &keys, &directory) || keys == 0) return {};
  std::string bytes(reinterpret_cast<const char*>(directory), keys * sizeof *directory);
  if (TIFFGetField(tiff, geotiff::kDoubles, &numbers, &doubles))
    bytes.append(reinterpret_cast<const char*>(doubles), numbers * sizeof *doubles);
  if (TIFFGetField(tiff, geotiff::kText, &text) && text) bytes.append(text);
  return bytes;
}

}  // namespace nadir
