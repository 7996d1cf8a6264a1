// Writing and reading the layout of subbands as metadata.
#include "stages/wavelet/subbands.h"

#include <string>

namespace nadir {

void SubbandLayout::write_to(ImageInfo& info) const {
  info.metadata["qmf.levels"] = std::to_string(levels);
  info.metadata["qmf.margin"] = std::to_string(margin);
  info.metadata["qmf.source_bands"] = std::to_string(source_bands);
  info.metadata["qmf.source_width"] = std::to_string(source_size.width);
  info.metadata["qmf.source_height"] = std::to_string(source_size.height);
}

std::optional<SubbandLayout> SubbandLayout::read_from(const ImageInfo& info) {
  const auto number = [&info](const char* key) {
    const auto it = info.metadata.find(key);
    return it == info.metadata.end() ? -1 : std::atoi(it->second.c_str());
  };
  const SubbandLayout layout{number("qmf.levels"), number("qmf.margin"), number("qmf.source_bands"),
                             {number("qmf.source_width"), number("qmf.source_height")}};
  const bool plausible = layout.levels > 0 && layout.levels < 12 && layout.margin >= 0 && layout.source_bands > 0 &&
                         layout.source_size.width > 0 && layout.source_size.height > 0;
  if (!plausible || info.band_count() != layout.source_bands * layout.bands_per_source_band()) return std::nullopt;
  return layout;
}

}  // namespace nadir
