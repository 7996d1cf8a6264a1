// Writing and reading the layout and origin of subbands as metadata.
#include "stages/wavelet/subbands.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

std::string exact_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", v);
  return text;
}

const std::string* find(const ImageInfo& info, const std::string& key) {
  const auto it = info.metadata.find(key);
  return it == info.metadata.end() ? nullptr : &it->second;
}

double number(const ImageInfo& info, const std::string& key, double fallback) {
  const std::string* text = find(info, key);
  return text ? std::strtod(text->c_str(), nullptr) : fallback;
}

std::string text(const ImageInfo& info, const std::string& key) {
  const std::string* value = find(info, key);
  return value ? *value : "";
}

std::string band_key(int band, const char* what) { return "qmf.band." + std::to_string(band + 1) + "." + what; }

SampleType type_named(const std::string& name) {
  for (int t = 0; t <= int(SampleType::f64); ++t)
    if (name == name_of(SampleType(t))) return SampleType(t);
  return SampleType::f32;
}

std::string source_name(const ImageInfo& source, int band) {
  const std::string& name = source.bands[std::size_t(band)].name;
  return name.empty() ? "band " + std::to_string(band + 1) : name;
}

void append_level(std::vector<BandInfo>& bands, const std::string& name, int per_side, int level) {
  for (const char* orientation : {"lh", "hl", "hh"})
    for (int row = 0; row < per_side; ++row)
      for (int col = 0; col < per_side; ++col) {
        const std::string place = per_side > 1 ? " " + std::to_string(row) + "," + std::to_string(col) : "";
        bands.push_back({name + " " + orientation + std::to_string(level) + place, 1, 0, ""});
      }
}

Grid source_grid(const ImageInfo& subbands, const SubbandLayout& layout) {
  const int block = 1 << layout.levels;
  const double corner = layout.margin - number(subbands, "qmf.delay_px", 0) / block;
  Grid grid = subbands.grid.shifted(corner, corner).scaled(block, 1, layout.source_size);
  // The remembered corner is exact; the computed one has rounding errors, or tells that the image was moved.
  const Point remembered{number(subbands, "qmf.origin_x", grid.geotransform[0]),
                         number(subbands, "qmf.origin_y", grid.geotransform[3])};
  const Point off = grid.to_pixel(remembered.x, remembered.y);
  const bool same_size = subbands.grid.width == ceil_div(layout.source_size.width, block) + 2 * layout.margin &&
                         subbands.grid.height == ceil_div(layout.source_size.height, block) + 2 * layout.margin;
  if (!same_size || std::abs(off.x) > 1e-3 || std::abs(off.y) > 1e-3)
    throw Error(Fault::data,
                "the subbands were cut, warped or resampled; only those that qmf_decompose gave, on their "
                "own grid, can be put together again");
  grid.geotransform[0] = remembered.x;
  grid.geotransform[3] = remembered.y;
  return grid;
}

}  // namespace

void SubbandLayout::write_to(ImageInfo& info) const {
  info.metadata["qmf.levels"] = std::to_string(levels);
  info.metadata["qmf.margin"] = std::to_string(margin);
  info.metadata["qmf.source_bands"] = std::to_string(source_bands);
  info.metadata["qmf.source_width"] = std::to_string(source_size.width);
  info.metadata["qmf.source_height"] = std::to_string(source_size.height);
}

std::optional<SubbandLayout> SubbandLayout::read_from(const ImageInfo& info) {
  const auto whole = [&info](const char* key) { return int(number(info, key, -1)); };
  const SubbandLayout layout{whole("qmf.levels"),
                             whole("qmf.margin"),
                             whole("qmf.source_bands"),
                             {whole("qmf.source_width"), whole("qmf.source_height")}};
  const bool plausible = layout.levels > 0 && layout.levels <= kMaxLevels && layout.margin >= 0 &&
                         layout.source_bands > 0 && layout.source_size.width > 0 && layout.source_size.height > 0;
  if (!plausible || info.band_count() != layout.source_bands * layout.bands_per_source_band()) return std::nullopt;
  return layout;
}

ImageInfo subband_info(const ImageInfo& source, const SubbandLayout& layout, const std::string& filter, double delay) {
  ImageInfo info = source;
  const int block = 1 << layout.levels;
  const double shift = delay - double(layout.margin) * block;
  const Size size{ceil_div(source.grid.width, block) + 2 * layout.margin,
                  ceil_div(source.grid.height, block) + 2 * layout.margin};
  info.grid = source.grid.shifted(shift, shift).scaled(1, block, size);
  info.type = SampleType::f32;
  info.nodata = std::numeric_limits<double>::quiet_NaN();  // no coefficient can be mistaken for it
  info.bands.clear();
  layout.write_to(info);
  info.metadata["qmf.filter"] = filter;
  info.metadata["qmf.delay_px"] = exact_text(delay);
  info.metadata["qmf.type"] = name_of(source.type);
  info.metadata["qmf.origin_x"] = exact_text(source.grid.geotransform[0]);
  info.metadata["qmf.origin_y"] = exact_text(source.grid.geotransform[3]);
  if (source.nodata) info.metadata["qmf.nodata"] = exact_text(*source.nodata);
  for (int b = 0; b < layout.source_bands; ++b) {
    const BandInfo& band = source.bands[std::size_t(b)];
    info.metadata[band_key(b, "name")] = band.name;
    info.metadata[band_key(b, "scale")] = exact_text(band.scale);
    info.metadata[band_key(b, "offset")] = exact_text(band.offset);
    info.metadata[band_key(b, "colour")] = band.colour;
    info.bands.push_back({source_name(source, b) + " ll" + std::to_string(layout.levels), 1, 0, ""});
    for (int level = layout.levels; level > 0; --level)
      append_level(info.bands, source_name(source, b), 1 << (layout.levels - level), level);
  }
  return info;
}

SubbandOrigin origin_of(const ImageInfo& subbands, const SubbandLayout& layout) {
  SubbandOrigin origin{text(subbands, "qmf.filter"), subbands};
  ImageInfo& source = origin.source;
  source.grid = source_grid(subbands, layout);
  source.type = type_named(text(subbands, "qmf.type"));
  source.nodata.reset();
  if (find(subbands, "qmf.nodata")) source.nodata = number(subbands, "qmf.nodata", 0);
  source.bands.clear();
  for (int b = 0; b < layout.source_bands; ++b)
    source.bands.push_back({.name = text(subbands, band_key(b, "name")),
                            .scale = number(subbands, band_key(b, "scale"), 1),
                            .offset = number(subbands, band_key(b, "offset"), 0),
                            .colour = text(subbands, band_key(b, "colour"))});
  std::erase_if(source.metadata, [](const auto& entry) { return entry.first.starts_with("qmf."); });
  return origin;
}

}  // namespace nadir
