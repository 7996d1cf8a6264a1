// Features of pixels from an image and its subbands.
#include "stages/segmentation/features.h"

#include <algorithm>

#include "pipeline/core/error.h"
#include "stages/segmentation/segmentation_ops.h"

namespace nadir {
namespace {

std::string text(Size s) { return std::to_string(s.width) + " x " + std::to_string(s.height); }

SubbandLayout layout_of(const ImageInfo& image, const ImageInfo& subbands) {
  const auto layout = SubbandLayout::read_from(subbands);
  if (StationaryLayout::read_from(subbands))
    throw Error(Fault::data,
                "the input 'subbands' is a stationary decomposition, features are taken from decimated ones; set "
                "transform: decimated of qmf_decompose");
  if (!layout)
    throw Error(Fault::data, "the input 'subbands' is no packed decomposition; wire it to the output of qmf_decompose");
  if (layout->source_size != image.grid.size())
    throw Error(Fault::data, "the subbands were made from an image of " + text(layout->source_size) +
                                 " pixels, but 'image' has " + text(image.grid.size()) +
                                 "; decompose the same image that is classified");
  return *layout;
}

// What to change so that a model of `wanted` can take the inputs.
std::string how_to_match(const FeatureSpec& wanted, const FeatureSpec& given) {
  if (wanted.bands != given.bands) return "choose the bands with bands of read_geotiff, in the same order";
  if (wanted.subband_levels == 0) return "wire nothing to subbands";
  const std::string levels = "levels: " + std::to_string(wanted.subband_levels);
  if (given.subband_levels == 0)
    return "wire qmf_decompose (" + (wanted.filter.empty() ? "" : "filter: " + wanted.filter + ", ") + levels +
           ") of the image to subbands";
  if (wanted.subband_levels != given.subband_levels) return "set " + levels + " of qmf_decompose";
  return "wire the decomposition of as many bands to subbands";
}

}  // namespace

std::vector<std::string> FeatureSpec::names() const {
  std::vector<std::string> names;
  for (int b = 1; b <= bands; ++b) {
    const bool named = std::size_t(b) <= band_names.size() && !band_names[std::size_t(b - 1)].empty();
    names.push_back(named ? band_names[std::size_t(b - 1)] : "band_" + std::to_string(b));
  }
  for (int b = 1; b <= source_bands; ++b) names.push_back("mean_" + std::to_string(b));
  for (int l = 0; l < texture_levels; ++l)
    for (int b = 1; b <= source_bands; ++b)
      names.push_back("energy_level" + std::to_string(subband_levels - l) + "_" + std::to_string(b));
  return names;
}

std::string why_unlike(const FeatureSpec& wanted, const FeatureSpec& given) {
  const auto words = [](const FeatureSpec& s) {
    if (s.subband_levels == 0) return std::to_string(s.bands) + " bands without subbands";
    return std::to_string(s.bands) + " bands and " + std::to_string(s.subband_levels) + " levels of subbands of " +
           std::to_string(s.source_bands) + " bands";
  };
  if (wanted.bands != given.bands || wanted.subband_levels != given.subband_levels ||
      wanted.source_bands != given.source_bands)
    return "the model was trained on " + words(wanted) + ", but the inputs have " + words(given) + "; " +
           how_to_match(wanted, given);
  if (wanted.filter != given.filter)
    return "the model was trained on subbands of the filter '" + wanted.filter + "', these were made with '" +
           given.filter + "'; set filter of qmf_decompose to " + wanted.filter + ", or train a model of these";
  for (std::size_t b = 0; b < std::min(wanted.band_names.size(), given.band_names.size()); ++b) {
    const std::string &mine = wanted.band_names[b], &yours = given.band_names[b];
    if (!mine.empty() && !yours.empty() && mine != yours)
      return "the model was trained with '" + mine + "' as band " + std::to_string(b + 1) + ", which is '" + yours +
             "' here; bring the bands into the same order with bands of read_geotiff";
  }
  return "";
}

FeatureExtractor::FeatureExtractor(const ImageInfo& image, const std::optional<ImageInfo>& subbands, int texture_levels,
                                   int texture_radius) {
  spec_.bands = image.band_count();
  for (const BandInfo& b : image.bands) spec_.band_names.push_back(b.name);
  if (!subbands) return;
  layout_ = layout_of(image, *subbands);
  spec_.subband_levels = layout_.levels;
  spec_.source_bands = layout_.source_bands;
  spec_.filter = filter_of_subbands(*subbands);
  spec_.texture_levels = std::min(texture_levels, layout_.levels);
  spec_.texture_radius = texture_radius;
}

Window FeatureExtractor::subband_window(const Window& block) const {
  if (spec_.subband_levels == 0) return {};
  return nadir::subband_window(layout_, block, spec_.texture_radius);
}

std::size_t FeatureExtractor::scratch_bytes(const Window& block) const {
  std::size_t bytes = 0;
  if (spec_.subband_levels > 0) bytes += Tile::bytes(level_window(block, layout_.levels), spec_.source_bands);
  for (int l = 0; l < spec_.texture_levels; ++l)
    bytes += Tile::bytes(level_window(block, layout_.levels - l), spec_.source_bands);
  return bytes;
}

FeatureBlock::FeatureBlock(const FeatureExtractor& extractor, const Window& block, ConstTileView image,
                           ConstTileView subbands, Exec& exec)
    : image_(image) {
  const FeatureSpec& spec = extractor.spec_;
  const SubbandLayout& layout = extractor.layout_;
  if (spec.subband_levels == 0) return;
  const auto add_layer = [&](int level) {
    auto tile = std::make_unique<ScratchTile>(exec, level_window(block, level), spec.source_bands);
    layers_.push_back({std::move(tile), level});
    return layers_.back().tile->view();
  };
  local_mean(exec, subbands, add_layer(layout.levels), layout, spec.texture_radius);
  for (int l = 0; l < spec.texture_levels; ++l) {
    const int level = layout.levels - l;
    texture_energy(exec, subbands, add_layer(level), layout, level, spec.texture_radius);
  }
}

FeatureSources FeatureBlock::sources() const {
  static_assert(kMaxLevels + 1 <= kMostFeatureLayers);
  FeatureSources s;
  s.image = image_;
  for (const Layer& layer : layers_) s.layers[s.layer_count++] = {layer.tile->view(), layer.level};
  return s;
}

void FeatureBlock::gather(int x, int y, int count, float* out, std::ptrdiff_t stride) const {
  for (int b = 0; b < image_.bands; ++b, out += stride) std::copy_n(&image_(b, x, y), count, out);
  for (const Layer& layer : layers_) {
    const TileView tile = layer.tile->view();
    for (int b = 0; b < tile.bands; ++b, out += stride) {
      const float* row = tile.band(b).row(y >> layer.level) - tile.window.x;
      for (int i = 0; i < count; ++i) out[i] = row[(x + i) >> layer.level];
    }
  }
}

}  // namespace nadir
