// The degradation family: what an imaging system does to a scene.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo blur_stage();
StageInfo downsample_stage();
StageInfo noise_stage();
StageInfo degrade_stage();
StageInfo distort_stage();
StageInfo quantize_stage();
StageInfo luma_stage();
StageInfo estimate_psf_stage();

}  // namespace nadir
