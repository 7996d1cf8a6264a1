// The degradation family: what an imaging system does to a scene.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo blur_stage();

}  // namespace nadir
