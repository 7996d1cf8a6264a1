// The segmentation family: from pixels and a survey to a class for every pixel.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo fit_classifier_stage();
StageInfo classify_stage();
StageInfo cluster_stage();
StageInfo read_model_stage();
StageInfo read_network_stage();
StageInfo segment_stage();
StageInfo smooth_labels_stage();
StageInfo sieve_labels_stage();

}  // namespace nadir
