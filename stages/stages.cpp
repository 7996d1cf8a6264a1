// The table of contents: one line a stage. The line NAME stands for the factory NAME_stage(), which the stage's file
// defines.
#include "stages/stages.h"

#include <opencv2/core/utility.hpp>

#define NADIR_STAGES(STAGE)    \
  STAGE(estimate_alignment)    \
  STAGE(warp)                  \
  STAGE(blur)                  \
  STAGE(downsample)            \
  STAGE(noise)                 \
  STAGE(degrade)               \
  STAGE(distort)               \
  STAGE(quantize)              \
  STAGE(luma)                  \
  STAGE(estimate_psf)          \
  STAGE(normalized_difference) \
  STAGE(spectral_index)        \
  STAGE(local_statistics)      \
  STAGE(qmf_decompose)         \
  STAGE(qmf_reconstruct)       \
  STAGE(qmf_subband)           \
  STAGE(qmf_denoise)           \
  STAGE(estimate_noise)        \
  STAGE(super_resolve)         \
  STAGE(fit_classifier)        \
  STAGE(cluster)               \
  STAGE(read_model)            \
  STAGE(classify)              \
  STAGE(read_network)          \
  STAGE(segment)               \
  STAGE(smooth_labels)         \
  STAGE(sieve_labels)          \
  STAGE(assess)                \
  STAGE(compare)

namespace nadir {

#define NADIR_DECLARE(name) StageInfo name##_stage();
NADIR_STAGES(NADIR_DECLARE)

std::vector<StageInfo> all_stages() {
  cv::setNumThreads(1);  // threads are the executor's alone
#define NADIR_LIST(name) name##_stage(),
  return {NADIR_STAGES(NADIR_LIST)};
}

}  // namespace nadir
