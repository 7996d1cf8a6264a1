// The super-resolution family: finer grids than the sensor's.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo super_resolve_stage();

}  // namespace nadir
