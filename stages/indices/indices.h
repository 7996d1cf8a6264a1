// The indices family: bands computed from bands.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo local_statistics_stage();
StageInfo normalized_difference_stage();
StageInfo spectral_index_stage();

}  // namespace nadir
