// The wavelet family: two-channel quadrature mirror filter banks.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo qmf_decompose_stage();
StageInfo qmf_reconstruct_stage();
StageInfo qmf_subband_stage();
StageInfo qmf_denoise_stage();
StageInfo estimate_noise_stage();

}  // namespace nadir
