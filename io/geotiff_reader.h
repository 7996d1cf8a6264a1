// Images from files.
#pragma once

#include <memory>

#include "io/raster_layout.h"
#include "pipeline/core/stage.h"

namespace nadir {

std::unique_ptr<Source> open_source(RasterChoice choice);

StageInfo read_geotiff_stage();

}  // namespace nadir
