// The program's version, as run.json and --version show it.
#pragma once

namespace nadir::app {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace nadir::app
