// Arithmetic of the degradation family: the separable observation operator y = A x, its exact adjoint, and noise.
#pragma once

#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/image.h"

namespace nadir {

/// A blur of radius 63 and 16 samples of an area mean, and some more.
constexpr int kMaxTaps = 160;

/// One axis of a separable operator from a fine to a coarse grid: coarse[i] = sum_j weight[j] fine[factor i + first +
/// j]. A plain value, so that kernels take it as an argument.
struct AxisTaps {
  int factor = 1;
  int first = 0;
  int count = 1;
  float weight[kMaxTaps] = {1.0f};
};

/// Throws Error(Fault::config) when there are more than kMaxTaps taps.
AxisTaps axis_taps(const Observation& observation);

/// Where coarse samples lie: in the middle of the `factor` fine samples that they stand for, or on the first of them.
enum class Phase { centre, corner };
/// One sample (the mean of the two middle ones for an even factor and `centre`); with `centre` only: the mean of all,
/// or the cubic of Keys (a = -1/2) stretched by the factor, 4 factors wide.
enum class Sampling { decimate, area, bicubic };

/// Sampled Gaussian, sum 1; a sigma of 0 is no blur. A radius of 0 stands for four sigma; at most 63.
std::vector<float> gaussian_taps(double sigma_px, int radius_px);
/// 2 radius + 1 equal taps, sum 1.
std::vector<float> box_taps(int radius_px);

/// Sampling alone, without blur.
Observation sampling(int factor, Phase phase, Sampling method);
/// `second` after `first`, as one operator; noise is counted as white.
Observation compose(const Observation& first, const Observation& second);
/// Blur with an odd number of taps, then sampling.
Observation observation(const std::vector<float>& blur_taps, int factor, Phase phase, Sampling method);
/// The grid of ceil(n / factor) coarse pixels per axis; `corner` moves it by -(factor - 1)/2 fine pixels.
Grid observed_grid(const Grid& fine, int factor, Phase phase);

/// The fine window that a coarse window is computed from; it may reach beyond the image.
Window fine_window(const AxisTaps& taps, const Window& coarse);

/// When a coarse sample is valid. `majority`: at least half of the weight lies on valid samples. `centre`: the sample
/// under the middle tap is valid (for blurs, which neither add nor take valid pixels).
enum class MaskRule { majority, centre };

/// coarse = A fine, the same taps in x and y. `fine` must hold fine_window(coarse). Normalised by the mask: where some
/// samples under the taps are invalid, the sum over the valid ones is divided by the sum of their weights. Invalid
/// coarse samples are 0.
void observe(Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule = MaskRule::majority);

/// Memory that observe takes beside its arguments, bytes.
std::size_t observe_scratch(const AxisTaps& taps, const Window& coarse, int bands);

/// The coarse samples that touch a fine window, directly or by the mirrored edges of an image of `fine_size`.
Window touching_window(const AxisTaps& taps, const Window& fine, Size fine_size, Size coarse_size);

/// fine = A' coarse, the exact adjoint of: mirror at the edges of an image of `fine_size`, then observe into
/// `coarse_size` (all samples valid). `coarse` must hold touching_window(fine); every fine sample is valid.
void observe_adjoint(Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                     Size coarse_size);

/// What `add_noise` adds to a sample x, everything a pure function of seed, band and pixel. Invalid samples are copied.
enum class NoiseKind { gaussian, poisson_gaussian, stripe, salt_and_pepper };
struct NoiseSpec {
  NoiseKind kind = NoiseKind::gaussian;
  float sigma = 0;      ///< standard deviation of normal noise, of readout, or of the stripes, in units of the samples
  float gain = 0;       ///< poisson_gaussian: units of the samples per electron; variance gain x + sigma^2
  float fraction = 0;   ///< salt_and_pepper: part of the samples that is lost, half of them to either value
  float low = 0;        ///< pepper
  float high = 0;       ///< salt
  bool along_y = true;  ///< stripe: one offset a column, as push-broom detectors leave; else one a row
  std::uint64_t seed = 0;
};
/// `in` and `out` may be the same pixels.
void add_noise(Exec& exec, ConstTileView in, TileView out, const NoiseSpec& noise);

/// Rounds valid samples to multiples of `step`, half to even, and clamps them to [low, high]. In place where `in` and
/// `out` are the same pixels.
void quantize(Exec& exec, ConstTileView in, TileView out, float step, float low, float high);
/// The same in place, with step 1 and the limits of a type.
void quantize(Exec& exec, TileView image, SampleType type);

/// ITU-R BT.601 luma of three bands with samples in [0, 255]: 16 + (65.481 R + 128.553 G + 24.966 B) / 255.
void luma(Exec& exec, ConstTileView rgb, TileView out, bool round);

}  // namespace nadir
