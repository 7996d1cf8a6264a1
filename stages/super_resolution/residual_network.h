// What images look like that repeat nothing: a small convolutional network that corrects the solver's result.
#pragma once

#include "pipeline/backend/exec.h"
#include "pipeline/core/view.h"
#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// The scales that the network was trained for. At 2 the solver leaves little to correct (an earlier network gained
/// 0.01 dB on what was held out, and some textures lost).
constexpr bool network_knows(int scale) { return scale == 3 || scale == 4; }

/// The correction of band b of x, the fine image of `scale` that was solved for, which the network makes of it and of
/// the observation y, to dense rows of `out`: the mean of those in the first `orientations` (1 to 8) that an
/// image can be turned and mirrored to (geometric self-ensemble; Timofte, Rothe, Van Gool, CVPR 2016). Both begin at
/// (0, 0); x has scale x scale pixels for each sample of y, and sample 0 is centred on fine pixel `centre`. 8-bit
/// units: what is beyond 128 +- 1023 is taken for that.
///
/// Residual learning (Zhang, Zuo, Chen, Meng, Zhang, IEEE TIP 26, 2017) on cells of scale x scale pixels (Shi et al.,
/// CVPR 2016) around the centres of the samples: 3 x 3 convolutions, negative values made smaller, no biases, and
/// weights of the first layer that sum to zero. So the correction is multiplied by what the image is multiplied by, to
/// the rounding of 16-bit numbers, and does not see what is added to it (Mohan et al., ICLR 2020). Beyond the edges the
/// first layer sees the outermost cells again, the others zeros. 26000 multiplications and additions a pixel and
/// orientation by 3, 15000 by 4. All levels of `simd` give the same bits.
void network_correction(const Exec& exec, Simd simd, ConstTileView y, int b, ConstTileView x, int scale, double centre,
                        int orientations, float* out);

/// Fine pixels around one that the correction of it depends on.
int network_reach(int scale);

}  // namespace nadir
