// The table of contents: one line a stage.
#include "stages/stages.h"

#include "stages/degradation/degradation.h"
#include "stages/super_resolution/super_resolution.h"
#include "stages/wavelet/wavelet.h"

namespace nadir {

std::vector<StageInfo> all_stages() {
  return {
      // alignment

      // degradation
      blur_stage(),
      downsample_stage(),
      noise_stage(),
      degrade_stage(),
      luma_stage(),

      // wavelet
      qmf_decompose_stage(),
      qmf_reconstruct_stage(),
      estimate_noise_stage(),

      // super_resolution
      super_resolve_stage(),

      // segmentation

      // metrics

  };
}

}  // namespace nadir
