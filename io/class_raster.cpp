// Polygons from a class map.
#include "io/class_raster.h"

#include <gdal_alg.h>
#include <gdal_rat.h>
#include <ogrsf_frmts.h>

#include <cstdlib>
#include <map>
#include <set>

namespace nadir {
namespace {

constexpr int kValueField = 0;
constexpr int kClassField = 1;
constexpr std::size_t kMostClasses = 4096;     // with names or a palette
constexpr std::size_t kMostNumbersOnly = 255;  // a byte's worth: more plain numbers are measurements, not classes

using Names = std::map<int, std::string>;

void add_table_names(const GDALRasterAttributeTable& table, Names& names) {
  int value = table.GetColOfUsage(GFU_MinMax);
  if (value < 0) value = table.GetColOfUsage(GFU_Min);
  const int name = table.GetColOfUsage(GFU_Name);
  for (int row = 0; value >= 0 && name >= 0 && row < table.GetRowCount(); ++row)
    names[table.GetValueAsInt(row, value)] = clean_text(table.GetValueAsString(row, name));
}

Names names_of(GDALDataset& dataset, GDALRasterBand& band) {
  Names names;
  if (char** list = band.GetCategoryNames())
    for (int i = 0; list[i]; ++i)
      if (*list[i]) names[i] = clean_text(list[i]);
  if (const GDALRasterAttributeTable* table = band.GetDefaultRAT()) add_table_names(*table, names);
  const std::string prefix = "CLASS_";
  for (const char* const* item = dataset.GetMetadata(); item && *item; ++item) {
    const std::string text = *item;
    const auto equals = text.find('=');
    if (text.starts_with(prefix) && equals != std::string::npos)
      names[std::atoi(text.c_str() + prefix.size())] = clean_text(text.substr(equals + 1).c_str());
  }
  return names;
}

OGRLayer& add_layer(GDALDataset& polygons, const GDALDataset& raster) {
  OGRSpatialReference crs;
  if (const OGRSpatialReference* own = raster.GetSpatialRef()) crs = *own;
  OGRLayer* layer = polygons.CreateLayer("class map", crs.IsEmpty() ? nullptr : &crs, wkbPolygon, nullptr);
  OGRFieldDefn value("value", OFTInteger), name("class", OFTString);
  if (!layer || layer->CreateField(&value) != OGRERR_NONE || layer->CreateField(&name) != OGRERR_NONE)
    throw Error(Fault::internal, "no layer in memory");
  return *layer;
}

void require_one_band(GDALDataset& raster, const std::string& path) {
  int bands = 0;
  for (GDALRasterBand* band : raster.GetBands()) bands += band->GetColorInterpretation() != GCI_AlphaBand;
  if (bands != 1)
    throw Error(Fault::data, path + ": has " + std::to_string(bands) +
                                 " bands, a class map has one band; if one of these holds classes, take it out: "
                                 "gdal_translate -b NUMBER IN OUT");
}

// Gives every polygon the name of its value; those without class get none.
void name_polygons(OGRLayer& layer, const Names& names, bool described, const std::string& path) {
  const std::size_t most = described ? kMostClasses : kMostNumbersOnly;
  std::set<int> seen;
  layer.ResetReading();
  while (const OGRFeatureUniquePtr feature{layer.GetNextFeature()}) {
    const int value = feature->GetFieldAsInteger(kValueField);
    if (seen.insert(value).second && seen.size() > most)
      throw Error(Fault::data, path + ": has more than " + std::to_string(most) + " different values" +
                                   (described ? "" : " without names or palette") +
                                   ", so it is no map of classes; give one as survey");
    if (value == 0 && !names.empty()) continue;
    const auto known = names.find(value);
    feature->SetField(kClassField, known == names.end() ? std::to_string(value).c_str() : known->second.c_str());
    if (layer.SetFeature(feature.get()) != OGRERR_NONE) throw Error(Fault::internal, "a polygon cannot be named");
  }
}

}  // namespace

bool is_raster_file(const std::string& path) {
  register_drivers();
  const GdalMessages quiet;
  const char* const only[] = {"GTiff", nullptr};
  return GDALIdentifyDriverEx(path.c_str(), GDAL_OF_RASTER, only, nullptr) != nullptr;
}

DatasetPtr polygons_of_classes(const std::string& path) {
  const DatasetPtr raster = open_dataset(path, GDAL_OF_RASTER, {"GTiff"}, "path");
  require_one_band(*raster, path);
  GDALRasterBand& band = *raster->GetRasterBand(1);
  if (GDALDataTypeIsFloating(band.GetRasterDataType()) || GDALDataTypeIsComplex(band.GetRasterDataType()))
    throw Error(Fault::data, path + ": has samples of type " + GDALGetDataTypeName(band.GetRasterDataType()) +
                                 ", a map of classes has whole numbers");
  DatasetPtr polygons(
      GetGDALDriverManager()->GetDriverByName("Memory")->Create("class map", 0, 0, 0, GDT_Unknown, nullptr));
  OGRLayer& layer = add_layer(*polygons, *raster);
  const GdalMessages messages;
  const bool masked = !(band.GetMaskFlags() & GMF_ALL_VALID);
  if (GDALPolygonize(&band, masked ? band.GetMaskBand() : nullptr, &layer, kValueField, nullptr, nullptr, nullptr) !=
      CE_None)
    throw Error(Fault::data, path + ": its areas cannot be outlined: " + messages.text());
  const Names names = names_of(*raster, band);
  name_polygons(layer, names, !names.empty() || band.GetColorTable(), path);
  return polygons;
}

}  // namespace nadir
