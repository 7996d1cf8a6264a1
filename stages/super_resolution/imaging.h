// What the solver must know of the instrument: point spread function, sampling, noise, and range of the samples.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/core/image.h"
#include "pipeline/core/value.h"

namespace nadir {

/// How the image was observed from one that is `scale` times finer. A positive `psf_sigma_px` (fine pixels) is a
/// Gaussian; else `known` as it is if its factor is the scale, else a Gaussian as wide as `known` says, else one of
/// half a coarse pixel. What is not taken from a fitting `known` is centred on the coarse pixel.
Observation observation_for(int scale, double psf_sigma_px, const std::optional<Observation>& known);

/// The sigma, in fine pixels, of the Gaussian that turns an image which is sharp on the fine grid into one of the width
/// that `psf` (of estimate_psf) states: what is left after half a fine pixel, the width of a sharp image itself. Where
/// it hardly differs from the default it is drawn there, for small differences are mostly errors of the estimate. 0
/// where there is no reliable one.
double fine_sigma(const Record* psf, int scale);

/// An affine map a band to 8-bit units, in which the solver's constants are stated.
struct BandScale {
  float offset = 0;
  float gain = 1;
  float noise = 0;  ///< standard deviation of the noise in 8-bit units
};

/// 8-bit images as they are; others such that the 1 % and 99 % quantiles of `statistics` become 28 and 228; without
/// statistics the range of the type, or [0, 255] for floating point. `noise_dn` is negative for automatic: the noise of
/// the observation if known, else `sigma` of the statistics, else none; at least what rounding to integers leaves.
std::vector<BandScale> band_scales(const ImageInfo& image, const Record* statistics, double noise_dn,
                                   const std::optional<Observation>& known);

}  // namespace nadir
