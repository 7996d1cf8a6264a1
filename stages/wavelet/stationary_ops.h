// The stationary (undecimated, "a trous") transform: the two-channel bank of wavelet_ops.h at every sample instead of
// every second one, with taps 2^(l-1) samples apart at level l (Mallat, A Wavelet Tour of Signal Processing, 5.5).
//
// One axis of level l, with d = 2^(l-1), for every sample i:
//   low:  c_l[i] = sum_j low.taps[j]  c_{l-1}[i + d (low.first + j)]
//   high: d_l[i] = the same with high
//   back: c_{l-1}[i] = 1/2 sum_j back_low.taps[j] c_l[i - d (back_low.first + j)] + the same of back_high and d_l
// so that c_l[2^l k] and d_l[2^l k] are the coefficients k of the decimated transform. The scene is extended once by
// its border rule. Arithmetic as in wavelet_ops.h.
#pragma once

#include "stages/wavelet/wavelet_ops.h"

namespace nadir {

struct StationaryBank {
  Filter filter;
  StationaryLayout layout;
  Border border = Border::symmetric;
};

/// Pixels beyond the scene whose coefficients the scene's own pixels need.
int stationary_margin(const Filter& filter, int levels);

/// The fine window that packed pixels are computed from; it may reach beyond the scene.
Window stationary_analysis_window(const StationaryBank& bank, const Window& packed);
std::size_t stationary_analysis_scratch(const StationaryBank& bank, const Window& packed);
/// Fills the packed window from `fine`, which holds its analysis window, mirrored beyond the scene. Holes are filled as
/// by the decimated transform; a packed pixel is valid where the scene, mirrored beyond its edges, is.
void stationary_analyze(Exec& exec, ConstTileView fine, TileView packed, const StationaryBank& bank);

/// The packed window that fine pixels are computed from.
Window stationary_synthesis_window(const StationaryBank& bank, const Window& fine);
std::size_t stationary_synthesis_scratch(const StationaryBank& bank, const Window& fine);
/// The inverse: the mean over all shifts of the decimated one. Coefficients count whether valid or not, but what is not
/// finite counts as 0. The mask is that of `like`; without one, that of the packed pixels. Invalid samples are 0.
void stationary_synthesize(Exec& exec, ConstTileView packed, ConstTileView like, TileView fine,
                           const StationaryBank& bank);

/// Copies the subband whose bands are `first_band` and so on, one for each source band, to the scene's pixels.
void stationary_subband(Exec& exec, ConstTileView packed, TileView out, const StationaryLayout& layout, int first_band);

}  // namespace nadir
