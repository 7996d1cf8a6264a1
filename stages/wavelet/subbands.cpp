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

// Where a packed image stands: pixels of `block` source pixels, `margin` of them before the scene's first.
struct Frame {
  int block;
  int margin;
  Size source_size;

  Size size() const {
    return {ceil_div(source_size.width, block) + 2 * margin, ceil_div(source_size.height, block) + 2 * margin};
  }
};
Frame frame_of(const SubbandLayout& layout) { return {1 << layout.levels, layout.margin, layout.source_size}; }
Frame frame_of(const StationaryLayout& layout) { return {1, layout.margin, layout.source_size}; }

Grid source_grid(const ImageInfo& subbands, const Frame& frame) {
  const double corner = frame.margin - number(subbands, "qmf.delay_px", 0) / frame.block;
  Grid grid = subbands.grid.shifted(corner, corner).scaled(frame.block, 1, frame.source_size);
  // The remembered corner is exact; the computed one has rounding errors, or tells that the image was moved.
  const Point remembered{number(subbands, "qmf.origin_x", grid.geotransform[0]),
                         number(subbands, "qmf.origin_y", grid.geotransform[3])};
  const Point off = grid.to_pixel(remembered.x, remembered.y);
  if (subbands.grid.size() != frame.size() || std::abs(off.x) > 1e-3 || std::abs(off.y) > 1e-3)
    throw Error(Fault::data,
                "the subbands were cut, warped or resampled; only those that qmf_decompose gave, on their "
                "own grid, can be put together again");
  grid.geotransform[0] = remembered.x;
  grid.geotransform[3] = remembered.y;
  return grid;
}

template <class Layout>
void write_layout(const Layout& layout, ImageInfo& info) {
  info.metadata["qmf.levels"] = std::to_string(layout.levels);
  info.metadata["qmf.margin"] = std::to_string(layout.margin);
  info.metadata["qmf.source_bands"] = std::to_string(layout.source_bands);
  info.metadata["qmf.source_width"] = std::to_string(layout.source_size.width);
  info.metadata["qmf.source_height"] = std::to_string(layout.source_size.height);
}

template <class Layout>
std::optional<Layout> read_layout(const ImageInfo& info) {
  const auto whole = [&info](const char* key) { return int(number(info, key, -1)); };
  const Layout layout{whole("qmf.levels"),
                      whole("qmf.margin"),
                      whole("qmf.source_bands"),
                      {whole("qmf.source_width"), whole("qmf.source_height")}};
  const bool plausible = layout.levels > 0 && layout.levels <= kMaxLevels && layout.margin >= 0 &&
                         layout.source_bands > 0 && layout.source_size.width > 0 && layout.source_size.height > 0;
  if (!plausible || info.band_count() != layout.source_bands * layout.bands_per_source_band()) return std::nullopt;
  return layout;
}

// Grid, type and what must be remembered of the source; no bands yet.
ImageInfo packed_info(const ImageInfo& source, const Frame& frame, const std::string& filter, double delay) {
  ImageInfo info = source;
  const double shift = delay - double(frame.margin) * frame.block;
  info.grid = source.grid.shifted(shift, shift).scaled(1, frame.block, frame.size());
  info.type = SampleType::f32;
  info.nodata = std::numeric_limits<double>::quiet_NaN();  // no coefficient can be mistaken for it
  info.bands.clear();
  std::erase_if(info.metadata, [](const auto& entry) { return entry.first.starts_with("qmf."); });
  info.metadata["qmf.filter"] = filter;
  info.metadata["qmf.delay_px"] = exact_text(delay);
  info.metadata["qmf.type"] = name_of(source.type);
  info.metadata["qmf.origin_x"] = exact_text(source.grid.geotransform[0]);
  info.metadata["qmf.origin_y"] = exact_text(source.grid.geotransform[3]);
  if (source.nodata) info.metadata["qmf.nodata"] = exact_text(*source.nodata);
  for (int b = 0; b < source.band_count(); ++b) {
    const BandInfo& band = source.bands[std::size_t(b)];
    info.metadata[band_key(b, "name")] = band.name;
    info.metadata[band_key(b, "scale")] = exact_text(band.scale);
    info.metadata[band_key(b, "offset")] = exact_text(band.offset);
    info.metadata[band_key(b, "colour")] = band.colour;
  }
  return info;
}

SubbandOrigin read_origin(const ImageInfo& subbands, const Frame& frame, int source_bands) {
  SubbandOrigin origin{filter_of_subbands(subbands), subbands, number(subbands, "qmf.delay_px", 0)};
  ImageInfo& source = origin.source;
  source.grid = source_grid(subbands, frame);
  source.type = type_named(text(subbands, "qmf.type"));
  source.nodata.reset();
  if (find(subbands, "qmf.nodata")) source.nodata = number(subbands, "qmf.nodata", 0);
  source.bands.clear();
  for (int b = 0; b < source_bands; ++b)
    source.bands.push_back({.name = text(subbands, band_key(b, "name")),
                            .scale = number(subbands, band_key(b, "scale"), 1),
                            .offset = number(subbands, band_key(b, "offset"), 0),
                            .colour = text(subbands, band_key(b, "colour"))});
  std::erase_if(source.metadata, [](const auto& entry) { return entry.first.starts_with("qmf."); });
  return origin;
}

}  // namespace

void SubbandLayout::write_to(ImageInfo& info) const { write_layout(*this, info); }

std::optional<SubbandLayout> SubbandLayout::read_from(const ImageInfo& info) {
  return find(info, "qmf.stationary") ? std::nullopt : read_layout<SubbandLayout>(info);
}

void StationaryLayout::write_to(ImageInfo& info) const {
  write_layout(*this, info);
  info.metadata["qmf.stationary"] = "yes";
}

std::optional<StationaryLayout> StationaryLayout::read_from(const ImageInfo& info) {
  return find(info, "qmf.stationary") ? read_layout<StationaryLayout>(info) : std::nullopt;
}

ImageInfo subband_info(const ImageInfo& source, const SubbandLayout& layout, const std::string& filter, double delay) {
  ImageInfo info = packed_info(source, frame_of(layout), filter, delay);
  layout.write_to(info);
  for (int b = 0; b < layout.source_bands; ++b) {
    info.bands.push_back({source_name(source, b) + " ll" + std::to_string(layout.levels), 1, 0, ""});
    for (int level = layout.levels; level > 0; --level)
      append_level(info.bands, source_name(source, b), 1 << (layout.levels - level), level);
  }
  return info;
}

ImageInfo subband_info(const ImageInfo& source, const StationaryLayout& layout, const std::string& filter,
                       double delay) {
  ImageInfo info = packed_info(source, frame_of(layout), filter, delay);
  layout.write_to(info);
  for (int b = 0; b < layout.source_bands; ++b) {
    info.bands.push_back({source_name(source, b) + " ll" + std::to_string(layout.levels), 1, 0, ""});
    for (int level = layout.levels; level > 0; --level) append_level(info.bands, source_name(source, b), 1, level);
  }
  return info;
}

std::string filter_of_subbands(const ImageInfo& subbands) { return text(subbands, "qmf.filter"); }

SubbandOrigin origin_of(const ImageInfo& subbands, const SubbandLayout& layout) {
  return read_origin(subbands, frame_of(layout), layout.source_bands);
}

SubbandOrigin origin_of(const ImageInfo& subbands, const StationaryLayout& layout) {
  return read_origin(subbands, frame_of(layout), layout.source_bands);
}

}  // namespace nadir
