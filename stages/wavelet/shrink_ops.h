// Shrinkage of subbands, in place.
#pragma once

#include <vector>

#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

enum class Shrinkage { soft, hard, bayes, sure };

struct ShrinkSpec {
  Shrinkage method = Shrinkage::bayes;
  float threshold = 3;         ///< soft, hard: in standard deviations of the noise
  std::vector<float> sigma{};  ///< noise of each band of the image
};

/// Packed pixels that shrinking the packed window looks at.
Window shrink_window(const Bank& bank, const ShrinkSpec& spec, const Window& packed);

/// out = shrunk coefficients of `in`, which must hold shrink_window(out), in the layout of the bank; ll is copied.
/// `soft` and `hard` use one threshold. `bayes` is BayesShrink made local: t = sigma^2 / sigma_x with sigma_x^2 the
/// mean square of the 7 x 7 coefficients about each, less the noise's (Chang, Yu, Vetterli, IEEE TIP 9, 2000). `sure`
/// takes, for each subband and block of 128 x 128 pixels anchored to the scene, the soft threshold from 0 to 4 sigma,
/// in steps of a quarter, that minimises Stein's unbiased estimate of the risk (Donoho, Johnstone, JASA 90, 1995).
void shrink(Exec& exec, ConstTileView in, TileView out, const Bank& bank, const ShrinkSpec& spec);

}  // namespace nadir
