// Arithmetic of the wavelet family: two-channel filter banks over extended scenes, in the layout of subbands.h.
//
// One level and axis, k counting pairs of samples from the scene's corner:
//   low:  c[k] = sum_j low.taps[j]  x[2k + low.first + j]
//   high: d[k] = sum_j high.taps[j] x[2k + high.first + j]
//   back: x[i] = sum_k back_low.taps[i - 2k - back_low.first] c[k] + the same of back_high and d
// The scene is extended without end by its border rule, once, before the first level; each level then filters all of
// the level before. Samples are stored in float32; analysis sums in float32 as four partial sums over
// j mod 4, synthesis in double.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/wavelet/filters.h"
#include "stages/wavelet/subbands.h"

namespace nadir {

/// What lies beyond the edges of n samples: `symmetric` … 1 0 | 0 1 …, `reflect` … 2 1 | 0 1 2 …, `periodic`
/// … n-2 n-1 | 0 1 …, `zero`.
enum class Border { symmetric, periodic, reflect, zero };

/// A filter bank over scenes with a layout and a border rule: all that windows and launches follow from.
struct Bank {
  Filter filter;
  SubbandLayout layout;
  Border border = Border::symmetric;
};

/// Coarse pixels beyond the scene whose coefficients the scene's own pixels need.
int margin_of(const Filter& filter, int levels);

/// How invalid samples and those beyond the scene are replaced before the first level.
struct FillRule {
  Size size;  ///< of the scene
  Border border = Border::symmetric;
  int levels = 1;  ///< of blocks of 2^levels pixels, whose valid samples stand for the invalid ones
  int reach = 0;   ///< blocks that coefficients reach, and how far away a block without a valid sample looks for others
};
FillRule fill_rule(const Bank& bank);

/// The fine window, a whole number of blocks, that packed pixels are computed from; it may reach beyond the scene.
Window analysis_window(const Bank& bank, const Window& packed);

/// Fills the packed window. `fine` must hold analysis_window(packed), mirrored beyond the scene. Invalid samples count
/// as the mean of the valid ones of their block of 2^levels x 2^levels, without any as that of the nearest blocks
/// within the reach of filters (0 if there are none); a packed pixel is valid when its block, mirrored beyond the
/// scene, has a valid sample.
void analyze(Exec& exec, ConstTileView fine, TileView packed, const Bank& bank);
std::size_t analysis_scratch(const Bank& bank, const Window& packed);

/// The packed window that fine pixels are computed from.
Window synthesis_window(const Bank& bank, const Window& fine);

/// The approximations of the coarsest level among them, on the grid of blocks, (0, 0) being the scene's first.
Window approximation_window(const Bank& bank, const Window& fine);

/// What pixels are put together from.
struct Subbands {
  ConstTileView packed;     ///< synthesis_window() of the pixels
  ConstTileView like = {};  ///< its mask becomes theirs; without one, a pixel is valid where its block is
  /// Take the place of the packed ones where valid: what of approximation_window() is inside the scene, or nothing.
  ConstTileView approximations = {};
};

/// The inverse. Coefficients count whether valid or not (those of holes carry what long filters see of valid pixels
/// beside them), but what is not finite counts as 0. Invalid samples are 0.
void synthesize(Exec& exec, const Subbands& subbands, TileView fine, const Bank& bank);
std::size_t synthesis_scratch(const Bank& bank, const Window& fine);

/// Copies one subband into an image of its own pixels, (0, 0) being the scene's first: details of a level and
/// orientation, or the approximation, whose level is the coarsest. `packed` must hold packed_window(out).
void take_subband(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int level,
                  std::optional<Orientation> details);
Window packed_window(const SubbandLayout& layout, int level, const Window& out);

/// What a packed window is made from, by level (0: the scene itself), in pixels of the level.
struct LevelWindows {
  Window level[kMaxLevels + 1];    ///< approximations that are needed
  Window details[kMaxLevels + 1];  ///< coefficients that the packed window holds; from 1 on, inside `level`
};
LevelWindows analysis_windows(const Bank& bank, const Window& packed);

}  // namespace nadir
