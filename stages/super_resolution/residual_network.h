// What images look like that repeat nothing: a small convolutional network that corrects the solver's result.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/super_resolution/pyramid.h"
#include "stages/super_resolution/simd_level.h"

namespace nadir {

/// Trained for factors from here on. At 2 the solver leaves little to correct (+0.01 dB on what was held out), and some
/// textures lose.
constexpr int kLeastNetworkScale = 3;

/// The correction of band b of x, which the network makes of it and of the bicubic interpolation `start`, to dense rows
/// of `out`. Both images hold the same window that begins at (0, 0); `origin` is its place in the scene.
///
/// Residual learning (Zhang, Zuo, Chen, Meng, Zhang, IEEE TIP 26, 2017) on cells of 2 x 2 pixels (Shi et al., CVPR
/// 2016) that are anchored to the scene: 3 x 3 convolutions and max(v, v / 10), no biases, weights of the first layer
/// that sum to zero. So the correction is multiplied by what the image is multiplied by, and does not see what is added
/// to it (Mohan et al., ICLR 2020). Beyond the edges layers see their outermost cells again. 7800 multiplications and
/// additions a pixel. All levels of `simd` give the same bits.
void network_correction(const Exec& exec, Simd simd, ConstTileView start, int b, Origin origin, ConstTileView x,
                        float* out);

/// Fine pixels around one that the correction of it depends on.
int network_reach();

}  // namespace nadir
