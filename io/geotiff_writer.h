// Images and masks to files.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo write_geotiff_stage();
StageInfo write_mask_stage();

}  // namespace nadir
