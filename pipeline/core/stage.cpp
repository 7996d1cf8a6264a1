// Small parts of the stage interface.
#include "pipeline/core/stage.h"

#include <array>

namespace nadir {

const char* name_of(PortType type) {
  constexpr std::array names{"image", "labels", "survey", "transform", "statistics", "model"};
  return names[std::size_t(type)];
}

}  // namespace nadir
