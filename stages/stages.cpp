// The table of contents: one line a stage.
#include "stages/stages.h"

#include "stages/alignment/alignment.h"
#include "stages/degradation/degradation.h"

namespace nadir {

std::vector<StageInfo> all_stages() {
  return {
      // alignment
      estimate_alignment_stage(),
      warp_stage(),

      // degradation
      blur_stage(),

      // wavelet

      // super_resolution

      // segmentation

      // metrics

  };
}

}  // namespace nadir
