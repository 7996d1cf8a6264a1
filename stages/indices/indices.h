// The indices family: bands computed from bands.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo normalized_difference_stage();

}  // namespace nadir
