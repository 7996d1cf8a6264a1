// Georeference, bands, metadata and palette of files that we write.
#include "io/cog_describe.h"

#include <gdal_rat.h>
#include <gdal_vrt.h>

#include <array>

#include "io/sample_type.h"

namespace nadir {
namespace {

void connect(GDALRasterBand& to, GDALRasterBand& from) {
  const int width = from.GetXSize();
  const int height = from.GetYSize();
  VRTAddSimpleSource(reinterpret_cast<VRTSourcedRasterBandH>(&to), GDALRasterBand::ToHandle(&from), 0, 0, width, height,
                     0, 0, width, height, "near", VRT_NODATA_UNSET);
}

void set_grid(GDALDataset& dataset, const Grid& grid) {
  if (is_located(grid)) dataset.SetGeoTransform(const_cast<double*>(grid.geotransform.data()));
  if (grid.crs_wkt.empty()) return;
  const OGRSpatialReference crs = parse_crs(grid.crs_wkt, "the grid");
  dataset.SetSpatialRef(&crs);
}

void set_band(GDALRasterBand& band, const BandInfo& info, const Encoding& encoding) {
  band.SetDescription(info.name.c_str());
  if (info.scale != 1) band.SetScale(info.scale);
  if (info.offset != 0) band.SetOffset(info.offset);
  if (encoding.nodata) band.SetNoDataValue(*encoding.nodata);
  const GDALColorInterp colour = GDALGetColorInterpretationByName(info.colour.c_str());
  // A palette is written only with its colours, and alpha would turn data into a mask.
  const bool kept = colour != GCI_PaletteIndex && colour != GCI_AlphaBand;
  if (const GDALColorInterp wanted = kept ? colour : GCI_Undefined; band.GetColorInterpretation() != wanted)
    band.SetColorInterpretation(wanted);
}

void set_palette(GDALRasterBand& band, const std::vector<std::array<std::uint8_t, 4>>& palette) {
  GDALColorTable colours;
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const GDALColorEntry entry{palette[i][0], palette[i][1], palette[i][2], palette[i][3]};
    colours.SetColorEntry(int(i), &entry);
  }
  band.SetColorTable(&colours);
  band.SetColorInterpretation(GCI_PaletteIndex);
}

std::vector<std::string> names_by_id(const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names{"unclassified"};
  for (const ClassInfo& c : classes) {
    if (names.size() <= c.id) names.resize(std::size_t(c.id) + 1);
    names[c.id] = c.name;
  }
  return names;
}

void set_colours(GDALRasterBand& band, const std::vector<ClassInfo>& classes) {
  GDALColorTable colours;
  const GDALColorEntry transparent{0, 0, 0, 0};
  colours.SetColorEntry(0, &transparent);
  for (const ClassInfo& c : classes) {
    const GDALColorEntry entry{c.colour[0], c.colour[1], c.colour[2], 255};
    colours.SetColorEntry(c.id, &entry);
  }
  band.SetColorTable(&colours);
  band.SetColorInterpretation(GCI_PaletteIndex);
}

void set_attribute_table(GDALRasterBand& band, const std::vector<ClassInfo>& classes) {
  GDALDefaultRasterAttributeTable table;
  table.CreateColumn("Value", GFT_Integer, GFU_MinMax);
  table.CreateColumn("Class", GFT_String, GFU_Name);
  table.CreateColumn("Red", GFT_Integer, GFU_Red);
  table.CreateColumn("Green", GFT_Integer, GFU_Green);
  table.CreateColumn("Blue", GFT_Integer, GFU_Blue);
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const ClassInfo& c = classes[row];
    table.SetValue(int(row), 0, int(c.id));
    table.SetValue(int(row), 1, c.name.c_str());
    for (int i = 0; i < 3; ++i) table.SetValue(int(row), 2 + i, int(c.colour[std::size_t(i)]));
  }
  band.SetDefaultRAT(&table);
}

void set_classes(GDALDataset& dataset, const std::vector<ClassInfo>& classes) {
  GDALRasterBand& band = *dataset.GetRasterBand(1);
  CPLStringList names;
  for (const std::string& name : names_by_id(classes)) names.AddString(name.c_str());
  band.SetCategoryNames(names.List());
  set_colours(band, classes);
  set_attribute_table(band, classes);
}

}  // namespace

bool is_located(const Grid& grid) { return grid.geotransform != Grid{}.geotransform || !grid.crs_wkt.empty(); }

bool holds_palette(const ImageInfo& info, SampleType type) {
  const std::size_t values = type == SampleType::u8 ? 256 : type == SampleType::u16 ? 65536 : 0;
  return !info.palette.empty() && info.palette.size() <= values && info.band_count() == 1;
}

void describe(GDALDataset& dataset, const ImageInfo& info, const Encoding& encoding) {
  set_grid(dataset, info.grid);
  for (int b = 1; b <= info.band_count(); ++b)
    set_band(*dataset.GetRasterBand(b), info.bands[std::size_t(b - 1)], encoding);
  for (const auto& [key, value] : info.metadata) dataset.SetMetadataItem(key.c_str(), value.c_str());
  if (!is_integer(encoding.type)) return;  // samples that are no class ids
  for (const ClassInfo& c : info.classes)
    dataset.SetMetadataItem(("CLASS_" + std::to_string(c.id)).c_str(), c.name.c_str());
}

DatasetPtr virtual_copy(GDALDataset& pixels, GDALDataset* mask, const ImageInfo& info, const Encoding& encoding,
                        bool palette) {
  DatasetPtr dataset(GDALDataset::FromHandle(VRTCreate(info.grid.width, info.grid.height)));
  for (int b = 1; b <= info.band_count(); ++b) {
    dataset->AddBand(gdal_type_of(encoding.type), nullptr);
    connect(*dataset->GetRasterBand(b), *pixels.GetRasterBand(b));
  }
  describe(*dataset, info, encoding);
  if (mask) {
    dataset->CreateMaskBand(GMF_PER_DATASET);
    connect(*dataset->GetRasterBand(1)->GetMaskBand(), *mask->GetRasterBand(1));
  }
  if (palette) set_classes(*dataset, info.classes);
  if (!palette && holds_palette(info, encoding.type)) set_palette(*dataset->GetRasterBand(1), info.palette);
  return dataset;
}

}  // namespace nadir
