// Polygons from a class map.
#include "io/class_raster.h"

#include <gdal_alg.h>
#include <gdal_rat.h>
#include <ogrsf_frmts.h>

#include <cstdlib>
#include <map>

namespace nadir {
namespace {

constexpr int kValueField = 0;
constexpr int kClassField = 1;
constexpr std::size_t kMostClasses = 4096;

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

// Gives every polygon the name of its value; those without class get none.
void name_polygons(OGRLayer& layer, const Names& names, const std::string& path) {
  std::map<int, bool> seen;
  layer.ResetReading();
  while (const OGRFeatureUniquePtr feature{layer.GetNextFeature()}) {
    const int value = feature->GetFieldAsInteger(kValueField);
    if (seen.emplace(value, true).second && seen.size() > kMostClasses)
      throw Error(Fault::data, path + ": has more than " + std::to_string(kMostClasses) +
                                   " different values, so it is no map of classes; give one as survey");
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
  name_polygons(layer, names_of(*raster, band), path);
  return polygons;
}

}  // namespace nadir
