// The alignment family: where an image lies, and its resampling to where it should lie.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo estimate_alignment_stage();
StageInfo warp_stage();

}  // namespace nadir
