// The table of contents: one line a stage.
#include "stages/stages.h"

#include "stages/alignment/alignment.h"
#include "stages/degradation/degradation.h"
#include "stages/indices/indices.h"
#include "stages/metrics/metrics.h"
#include "stages/segmentation/segmentation.h"
#include "stages/super_resolution/super_resolution.h"
#include "stages/wavelet/wavelet.h"

namespace nadir {

std::vector<StageInfo> all_stages() {
  return {
      // alignment
      estimate_alignment_stage(),
      warp_stage(),

      // degradation
      blur_stage(),
      downsample_stage(),
      noise_stage(),
      degrade_stage(),
      luma_stage(),

      // indices
      normalized_difference_stage(),

      // wavelet
      qmf_decompose_stage(),
      qmf_reconstruct_stage(),
      estimate_noise_stage(),

      // super_resolution
      super_resolve_stage(),

      // segmentation
      fit_classifier_stage(),
      classify_stage(),

      // metrics
      assess_stage(),
      compare_stage(),

  };
}

}  // namespace nadir
