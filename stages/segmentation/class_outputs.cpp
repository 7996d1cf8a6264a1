// Labels, confidence and probabilities as images.
#include "stages/segmentation/class_outputs.h"

#include <algorithm>

namespace nadir {
namespace {

constexpr std::size_t kNominalClasses = 8;

}  // namespace

std::vector<Port> class_ports(const char* confidence) {
  return {{"labels", PortType::labels, "Class ids."},
          {"confidence", PortType::image, confidence},
          {"probabilities", PortType::image, "The same of every class, a band each."},
          {"rated", PortType::labels, "Class ids and, as a second band, confidence: for write_segments."}};
}

std::vector<ImageInfo> class_outputs(const ImageInfo& image, const std::vector<ClassInfo>& classes) {
  std::vector<ImageInfo> outputs(4);
  for (ImageInfo& info : outputs) {
    info.grid = image.grid;
    info.bands = std::vector<BandInfo>(1);
    info.type = SampleType::f32;
    info.nodata = -1;
    info.classes = classes;
  }
  ImageInfo &labels = outputs[kLabels], &confidence = outputs[kConfidence], &rated = outputs[kRated];
  labels.type = SampleType::u8;
  for (const ClassInfo& c : classes)
    if (c.id > 255) labels.type = SampleType::u16;
  labels.nodata = rated.nodata = 0;
  labels.bands[0].name = rated.bands[0].name = "class";
  confidence.bands[0].name = "confidence";
  confidence.classes.clear();
  rated.bands.push_back(confidence.bands[0]);
  auto& planes = outputs[kProbabilities].bands;
  planes.resize(classes.empty() ? kNominalClasses : classes.size());
  for (std::size_t k = 0; k < classes.size(); ++k) planes[k].name = classes[k].name;
  return outputs;
}

void put_row(const ClassifiedRow& row, const std::vector<std::uint16_t>& ids, const ConstTileView& image, Outputs out) {
  const std::uint8_t* valid = image.mask().row(row.pixels.y) - image.window.x;
  for (const std::size_t o : {kLabels, kConfidence, kProbabilities, kRated}) {
    const Window part = intersect(row.pixels, out[o].window);
    if (part.empty()) continue;
    std::copy_n(valid + part.x, part.width, &out[o].mask()(part.x, part.y));
    for (int b = 0; b < out[o].bands; ++b) {
      const bool is_label = o == kLabels || (o == kRated && b == 0);
      float* to = &out[o](b, part.x, part.y);
      for (int i = 0, at = part.x - row.pixels.x; i < part.width; ++i, ++at) {
        const std::uint16_t k = row.winners[at];
        const float value =
            is_label ? float(ids[k]) : row.probabilities[(o == kProbabilities ? b : int(k)) * row.stride + at];
        to[i] = valid[part.x + i] ? value : 0.0f;
      }
    }
  }
}

std::vector<std::uint16_t> ids_of(const std::vector<ClassInfo>& classes) {
  std::vector<std::uint16_t> ids;
  for (const ClassInfo& c : classes) ids.push_back(c.id);
  return ids;
}

}  // namespace nadir
