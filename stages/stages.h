// The table of contents of nadir's stages.
#pragma once

#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

/// Every stage that computes, one line each in stages.cpp. Readers and writers come from io.
std::vector<StageInfo> all_stages();

}  // namespace nadir
