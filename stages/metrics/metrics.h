// The metrics family: how good a mask or an image is.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo assess_stage();
StageInfo compare_stage();

}  // namespace nadir
