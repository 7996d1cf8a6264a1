// Reading of raster headers.
#include "io/raster_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>

#include "io/sample_type.h"
#include "io/tiff_tags.h"
#include "pipeline/core/find_band.h"
#include "pipeline/core/survey.h"

namespace nadir {
namespace {

bool same_word(const std::string& a, const std::string& b) { return EQUAL(a.c_str(), b.c_str()); }

std::string band_name(GDALRasterBand& band) { return clean_text(band.GetDescription()); }

std::string colour_name(GDALRasterBand& band) {
  const GDALColorInterp colour = band.GetColorInterpretation();
  return colour == GCI_Undefined ? "" : GDALGetColorInterpretationName(colour);
}

std::vector<int> alpha_bands(GDALDataset& dataset) {
  std::vector<int> alphas;
  for (int b = 1; b <= dataset.GetRasterCount(); ++b)
    if (dataset.GetRasterBand(b)->GetColorInterpretation() == GCI_AlphaBand) alphas.push_back(b);
  return alphas;
}

// All bands of the file by their names and colours, to find some.
ImageInfo named_bands(GDALDataset& dataset) {
  ImageInfo image;
  for (int b = 1; b <= dataset.GetRasterCount(); ++b) {
    GDALRasterBand& band = *dataset.GetRasterBand(b);
    image.bands.push_back({band_name(band), 1, 0, colour_name(band)});
  }
  return image;
}

std::vector<int> choose_bands(GDALDataset& dataset, const RasterChoice& choice, const std::vector<int>& alphas) {
  const auto is_alpha = [&](int b) { return std::find(alphas.begin(), alphas.end(), b) != alphas.end(); };
  std::vector<int> bands;
  const ImageInfo all = choice.bands.empty() ? ImageInfo{} : named_bands(dataset);
  for (const std::string& wanted : choice.bands) {
    const auto found = find_band(all, wanted);
    if (!found)
      throw Error(Fault::data, choice.path + ", " + no_such_band(all, wanted, "bands") +
                                   (wanted.find(',') == std::string::npos ? "" : "; several are written as [1, 2]"));
    if (is_alpha(*found + 1))
      throw Error(Fault::data,
                  choice.path + ": band '" + wanted + "' is alpha, which is read as the mask; leave it out");
    bands.push_back(*found + 1);
  }
  if (choice.bands.empty())
    for (int b = 1; b <= dataset.GetRasterCount(); ++b)
      if (!is_alpha(b)) bands.push_back(b);
  if (bands.empty()) throw Error(Fault::data, choice.path + ": has no data band");
  return bands;
}

SampleType type_of_bands(GDALDataset& dataset, const std::vector<int>& bands, const std::string& path) {
  GDALDataType type = dataset.GetRasterBand(bands[0])->GetRasterDataType();
  for (const int b : bands) type = GDALDataTypeUnion(type, dataset.GetRasterBand(b)->GetRasterDataType());
  const auto known = sample_type_of(type, is_signed_byte(*dataset.GetRasterBand(bands[0])));
  if (known) return *known;
  throw Error(Fault::data,
              path + ": has samples of type " + GDALGetDataTypeName(type) +
                  ", allowed are integers of 8 to 32 bits and floats; convert it: gdal_translate -ot " +
                  (GDALDataTypeIsComplex(type) ? "Float32 (of one part, or of the amplitude)" : "Float64") + " IN OUT");
}

std::optional<double> parse_nodata(const std::string& text, const std::string& path) {
  if (same_word(text, "none")) return std::nullopt;
  char* end = nullptr;
  const double value = CPLStrtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0')
    throw Error(Fault::config, path + ": nodata = " + text + ", must be a number, nan or none");
  return value;
}

// Out of a type's range, or fractional for an integer, no sample can ever equal it.
bool representable(double value, SampleType type) {
  const auto [low, high] = limits_of(type);
  if (!is_integer(type)) return true;
  return value >= low && value <= high && value == std::floor(value);
}

void read_nodata(GDALDataset& dataset, const RasterChoice& choice, RasterLayout& layout) {
  for (const int b : layout.bands) {
    int declared = 0;
    const double value = dataset.GetRasterBand(b)->GetNoDataValue(&declared);
    std::optional<double> nodata;
    if (!choice.nodata.empty())
      nodata = parse_nodata(choice.nodata, choice.path);
    else if (declared)
      nodata = value;
    if (nodata && !representable(*nodata, layout.info.type)) nodata.reset();
    layout.nodata.push_back(nodata);
  }
  layout.info.nodata = layout.nodata[0];
}

void read_masks(GDALDataset& dataset, RasterLayout& layout) {
  bool whole_dataset = false;
  for (const int b : layout.bands) {
    const int flags = dataset.GetRasterBand(b)->GetMaskFlags();
    if (flags & (GMF_ALL_VALID | GMF_ALPHA)) continue;
    if (flags & GMF_PER_DATASET)
      whole_dataset = true;
    else if (!(flags & GMF_NODATA))
      layout.masks.push_back(b);
  }
  if (whole_dataset) layout.masks.push_back(layout.bands[0]);
}

void read_bands(GDALDataset& dataset, RasterLayout& layout) {
  for (const int b : layout.bands) {
    GDALRasterBand& band = *dataset.GetRasterBand(b);
    const double scale = band.GetScale();
    layout.info.bands.push_back({band_name(band), scale == 0 ? 1 : scale, band.GetOffset(), colour_name(band)});
  }
}

void read_palette(GDALDataset& dataset, RasterLayout& layout) {
  GDALRasterBand& band = *dataset.GetRasterBand(layout.bands[0]);
  const GDALColorTable* colours = band.GetColorTable();
  const bool indices = layout.info.type == SampleType::u8 || layout.info.type == SampleType::u16;
  if (!colours || !indices || layout.bands.size() > 1 || band.GetColorInterpretation() != GCI_PaletteIndex) return;
  for (int i = 0; i < colours->GetColorEntryCount(); ++i) {
    GDALColorEntry c{};
    colours->GetColorEntryAsRGB(i, &c);
    layout.info.palette.push_back({std::uint8_t(c.c1), std::uint8_t(c.c2), std::uint8_t(c.c3), std::uint8_t(c.c4)});
  }
}

// Items of the file that say how it is stored are the writer's own business.
bool is_structural(const std::string& key) {
  return key == "AREA_OR_POINT" || (key.starts_with("TIFFTAG_") && key.find("RESOLUTION") != std::string::npos);
}

// Class names as write_mask stores them, CLASS_<id>=name, with the colours of the palette.
void read_class(const std::string& key, const std::string& name, const GDALColorTable* colours, ImageInfo& info) {
  const int id = std::atoi(key.c_str() + std::string("CLASS_").size());
  if (id < 1 || id > 65535 || !is_integer(info.type)) return;
  ClassInfo entry{std::uint16_t(id), name, class_colour(std::size_t(id - 1))};
  if (const GDALColorEntry* c = colours ? colours->GetColorEntry(id) : nullptr)
    entry.colour = {std::uint8_t(c->c1), std::uint8_t(c->c2), std::uint8_t(c->c3)};
  info.classes.push_back(std::move(entry));
}

void read_metadata(GDALDataset& dataset, RasterLayout& layout) {
  const GDALColorTable* colours = dataset.GetRasterBand(layout.bands[0])->GetColorTable();
  for (const char* const* item = dataset.GetMetadata(); item && *item; ++item) {
    char* raw = nullptr;
    const char* value = CPLParseNameValue(*item, &raw);
    const std::string key = raw ? raw : "";
    CPLFree(raw);
    if (key.empty() || !value || !CPLIsUTF8(*item, -1)) continue;
    if (key.starts_with("CLASS_"))
      read_class(key, value, colours, layout.info);
    else if (!is_structural(key))
      layout.info.metadata[key] = value;
  }
  std::sort(layout.info.classes.begin(), layout.info.classes.end(),
            [](const ClassInfo& a, const ClassInfo& b) { return a.id < b.id; });
}

[[noreturn]] void refuse_unrectified(const std::string& path, const std::string& what, const std::string& option) {
  throw Error(Fault::data, path + ": is located by " + what +
                               " only, its pixels lie on no map grid; rectify it first: gdalwarp " + option +
                               " -t_srs EPSG:CODE -r cubic IN OUT");
}

std::string crs_of(GDALDataset& dataset) {
  const OGRSpatialReference* crs = dataset.GetSpatialRef();
  if (!crs) return {};
  OGRSpatialReference gis(*crs);
  gis.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return to_wkt(&gis);
}

// The scenes of a folder have few systems, and making sense of one takes longer than reading a small scene.
std::string read_crs(GDALDataset& dataset, const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  const std::string keys = geo_keys(dataset, path);
  if (keys.empty()) return crs_of(dataset);
  {
    const std::scoped_lock lock(mutex);
    if (const auto it = known.find(keys); it != known.end()) return it->second;
  }
  const std::string wkt = crs_of(dataset);
  const std::scoped_lock lock(mutex);
  const std::size_t plenty = 64;
  if (known.size() >= plenty) known.clear();
  known.emplace(keys, wkt);
  return wkt;
}

Grid read_grid(GDALDataset& dataset, const std::string& path) {
  Grid grid{dataset.GetRasterXSize(), dataset.GetRasterYSize(), {0, 1, 0, 0, 0, 1}, ""};
  const bool located = dataset.GetGeoTransform(grid.geotransform.data()) == CE_None;
  if (!located || grid.geotransform == Grid{}.geotransform) {  // some tools write the identity for "none"
    if (dataset.GetGCPCount() > 0)
      refuse_unrectified(path, std::to_string(dataset.GetGCPCount()) + " ground control points", "-tps");
    if (dataset.GetMetadata("RPC"))
      refuse_unrectified(path, "a rational polynomial camera (RPC)", "-rpc -to RPC_DEM=DEM.tif");
    grid.geotransform = {0, 1, 0, 0, 0, 1};
  }
  for (const double g : grid.geotransform)
    if (!std::isfinite(g)) throw Error(Fault::data, path + ": its geotransform holds a number that is not finite");
  if (grid.geotransform[1] * grid.geotransform[5] == grid.geotransform[2] * grid.geotransform[4])
    throw Error(Fault::data, path + ": its pixels have no area on the map (geotransform without inverse)");
  grid.crs_wkt = read_crs(dataset, path);
  return grid;
}

Window window_of(const Grid& grid, const RasterChoice& choice) {
  if (choice.bbox.empty()) return grid.window();
  if (choice.bbox.size() != 4 || choice.bbox[0] >= choice.bbox[2] || choice.bbox[1] >= choice.bbox[3])
    throw Error(Fault::config, "bbox must be [min_x, min_y, max_x, max_y] in map units, each min below its max");
  const Extent box{choice.bbox[0], choice.bbox[1], choice.bbox[2], choice.bbox[3]};
  Extent pixels{INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (const double x : {box.min_x, box.max_x})
    for (const double y : {box.min_y, box.max_y}) {
      const Point p = grid.to_pixel(x, y);
      pixels = {std::min(pixels.min_x, p.x), std::min(pixels.min_y, p.y), std::max(pixels.max_x, p.x),
                std::max(pixels.max_y, p.y)};
    }
  const double slack_px = 1e-6;  // a box that follows pixel borders gains no pixel by rounding
  const auto clip = [](double v, int n) { return int(std::clamp(v, 0.0, double(n))); };
  const Window window = from_edges(
      clip(std::floor(pixels.min_x + slack_px), grid.width), clip(std::floor(pixels.min_y + slack_px), grid.height),
      clip(std::ceil(pixels.max_x - slack_px), grid.width), clip(std::ceil(pixels.max_y - slack_px), grid.height));
  if (window.empty())
    throw Error(Fault::data, choice.path + ": bbox (" + to_text(box) + ") does not touch the scene (" +
                                 to_text(grid.extent()) + ")");
  return window;
}

Window cut_to_multiple(Window window, const RasterChoice& choice) {
  window.width -= window.width % choice.multiple_px;
  window.height -= window.height % choice.multiple_px;
  if (window.empty())
    throw Error(Fault::data,
                choice.path + ": is smaller than crop_to_multiple_px = " + std::to_string(choice.multiple_px));
  return window;
}

}  // namespace

RasterLayout read_layout(GDALDataset& dataset, const RasterChoice& choice) {
  const GdalMessages quiet;
  if (dataset.GetRasterCount() == 0)
    throw Error(Fault::data,
                choice.path + ": holds several images and no image of its own; name one of its subdatasets");
  RasterLayout layout;
  layout.alphas = alpha_bands(dataset);
  layout.bands = choose_bands(dataset, choice, layout.alphas);
  layout.info.type = type_of_bands(dataset, layout.bands, choice.path);
  const Grid grid = read_grid(dataset, choice.path);
  const Window window = cut_to_multiple(window_of(grid, choice), choice);
  layout.origin_x = window.x;
  layout.origin_y = window.y;
  dataset.GetRasterBand(layout.bands[0])->GetBlockSize(&layout.block.width, &layout.block.height);
  layout.info.grid = grid.cropped(window);
  read_nodata(dataset, choice, layout);
  read_masks(dataset, layout);
  read_bands(dataset, layout);
  read_palette(dataset, layout);
  read_metadata(dataset, layout);
  return layout;
}

void refuse_rounding(const RasterChoice& choice, std::optional<double> sample) {
  if (choice.allow_rounding || !sample) return;
  throw Error(Fault::data,
              choice.path + ": holds the sample " + std::to_string(std::int64_t(*sample)) +
                  ", which is no float32 number, and pixels are computed as float32; set allow_rounding: true to take "
                  "the nearest one (it differs by at most 128)");
}

void refuse_absurd(GDALDataset& dataset, const std::string& path) {
  if (dataset.GetRasterCount() == 0) return;
  const int side = std::max(dataset.GetRasterXSize(), dataset.GetRasterYSize());
  const int longest = 1 << 30;  // positions of pixels, margins included, are computed as int
  if (side > longest)
    throw Error(Fault::data, path + ": has a side of " + std::to_string(side) + " pixels, the limit is 2^30");
  const double mebibyte = 1024.0 * 1024.0;
  GDALRasterBand& band = *dataset.GetRasterBand(1);
  int block_width = 0;
  int block_height = 0;
  band.GetBlockSize(&block_width, &block_height);
  const char* interleave = dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE");
  const double sample_bytes = GDALGetDataTypeSizeBytes(band.GetRasterDataType());
  const double bands = dataset.GetRasterCount();
  const double block_mib =
      sample_bytes * block_width * block_height * (interleave && EQUAL(interleave, "PIXEL") ? bands : 1) / mebibyte;
  const double block_limit_mib = 256;  // a thread holds at least one decoded block
  if (block_mib > block_limit_mib)
    throw Error(Fault::data,
                path + ": is stored in blocks of " + std::to_string(block_width) + " x " +
                    std::to_string(block_height) + " pixels, " + std::to_string(std::int64_t(block_mib)) +
                    " MiB each, the limit is 256 MiB; store it in tiles: gdal_translate -co TILED=YES IN OUT");
  // An empty tile of 512 x 512 costs a file 8 to 16 bytes, so real images stay below some 20,000 decoded bytes a byte.
  const double most_expansion = 20000;
  const double harmless_mib = 64;
  VSIStatBufL stat;
  if (VSIStatL(path.c_str(), &stat) != 0 || stat.st_size <= 0 || !EQUAL(dataset.GetDriverName(), "GTiff")) return;
  const double total_mib = sample_bytes * bands * dataset.GetRasterXSize() * dataset.GetRasterYSize() / mebibyte;
  if (total_mib > harmless_mib && total_mib * mebibyte > most_expansion * double(stat.st_size))
    throw Error(Fault::data, path + ": declares " + std::to_string(std::int64_t(total_mib)) +
                                 " MiB of pixels in a file of " + std::to_string(stat.st_size) +
                                 " bytes, the limit is 20000 times the file's size");
}

}  // namespace nadir
