// Ground surveys from vector files and tables.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo read_survey_stage();

}  // namespace nadir
