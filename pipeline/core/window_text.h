// Windows in messages.
#pragma once

#include <string>

#include "pipeline/core/window.h"

namespace nadir {

/// Column, row and size: "0,512 512x488".
inline std::string to_text(const Window& w) {
  return std::to_string(w.x) + "," + std::to_string(w.y) + " " + std::to_string(w.width) + "x" +
         std::to_string(w.height);
}

}  // namespace nadir
