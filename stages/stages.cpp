// The table of contents: one line a stage.
#include "stages/stages.h"

#include "stages/alignment/alignment.h"
#include "stages/degradation/degradation.h"
#include "stages/indices/indices.h"

namespace nadir {

std::vector<StageInfo> all_stages() {
  return {
      // alignment
      warp_stage(),

      // degradation
      blur_stage(), downsample_stage(), noise_stage(), degrade_stage(), luma_stage(),

      // indices
      normalized_difference_stage(),

      // wavelet

      // super_resolution

      // segmentation

      // metrics

  };
}

}  // namespace nadir
