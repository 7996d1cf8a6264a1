// Arithmetic of the wavelet family: decimated transforms of mirrored scenes, in the packed layout of subbands.h.
//
// One level and axis, for a scaling filter h of n taps (n even):
//   low:  c[k] = sum_j h[j] x[2k + j]                     reaches from the block's first sample to the right
//   high: d[k] = sum_j (-1)^j h[n-1-j] x[2k + 2 - n + j]  the mirror image about the block's middle, to the left
//   back: x[i] = gain (sum_k h[i - 2k] c[k] + sum_k (-1)^j h[n-1-j] d[k], j = i - 2k - 2 + n)
// This is dwt(mode="symmetric") of PyWavelets: d[k] is its cD[k], c[k] its cA[k + n/2 - 1].
#pragma once

#include <optional>
#include <string>

#include "pipeline/backend/exec.h"
#include "stages/wavelet/subbands.h"

namespace nadir {

enum class FilterName { haar, haar_mean, db2, db4 };

constexpr int kMaxFilterLength = 8;

/// A plain value, so that kernels take it as an argument.
struct Filter {
  int length = 2;
  double gain = 1;  ///< of the synthesis over the analysis filters
  double low[kMaxFilterLength] = {};
  double high[kMaxFilterLength] = {};
};

Filter filter_of(FilterName name);
/// Names as in configs and metadata.
std::string name_of(FilterName name);
std::optional<FilterName> filter_named(const std::string& name);

/// Coarse pixels beyond the scene whose coefficients the scene's own pixels need.
int margin_of(const Filter& filter, int levels);

/// The fine window, a whole number of blocks, that packed pixels are computed from; it may reach beyond the scene.
Window analysis_window(const Filter& filter, const SubbandLayout& layout, const Window& packed);

/// Fills the packed window. `fine` must hold analysis_window(packed). Invalid samples count as the mean of the valid
/// ones of their block of 2^levels x 2^levels (0 if there are none); a packed pixel is valid when its block has a valid
/// sample.
void analyze(Exec& exec, ConstTileView fine, TileView packed, const Filter& filter, const SubbandLayout& layout);
std::size_t analysis_scratch(const Filter& filter, const SubbandLayout& layout, const Window& packed);

/// The packed window that fine pixels are computed from.
Window synthesis_window(const Filter& filter, const SubbandLayout& layout, const Window& fine);

/// The inverse. `packed` must hold synthesis_window(fine). Coefficients count whether valid or not (those of holes
/// carry what long filters see of valid pixels beside them), but what is not finite counts as 0. The mask is that of
/// `like`; without one, a pixel is valid where its block is. Invalid samples are 0.
void synthesize(Exec& exec, ConstTileView packed, ConstTileView like, TileView fine, const Filter& filter,
                const SubbandLayout& layout);
std::size_t synthesis_scratch(const Filter& filter, const SubbandLayout& layout, const Window& fine);

}  // namespace nadir
