// Interpolation onto the fine grid with the right phase: the classical methods, and where the solver starts.
#pragma once

#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

enum class Interpolation { bicubic, lanczos };

/// Weights of one axis: fine sample X lies at coarse position (X - centre) / scale, where `centre` is the fine sample
/// that coarse sample 0 is centred on (a multiple of 1/2).
class InterpolationTaps {
 public:
  InterpolationTaps(Interpolation kind, int scale, double centre);

  /// The coarse window that fine pixels are computed from; it may reach outside the image.
  Window coarse_window(const Window& fine) const;
  int scale() const { return scale_; }
  int count() const { return count_; }
  /// First coarse sample and weights of a fine sample.
  int first(int fine) const { return floor_div(fine, scale_) + first_[std::size_t(phase(fine))]; }
  const float* weights(int fine) const { return &weights_[std::size_t(phase(fine) * count_)]; }

 private:
  int phase(int fine) const { return fine - floor_div(fine, scale_) * scale_; }

  int scale_;
  int count_;
  std::vector<int> first_;      ///< by phase, relative to the coarse sample that the fine one belongs to
  std::vector<float> weights_;  ///< by phase
};

/// Fills `fine`, whose samples are valid where the coarse sample that they belong to is. In the place of invalid coarse
/// samples stands the one that the fine sample belongs to, so nothing bleeds and a constant stays one.
void interpolate(Exec& exec, ConstTileView coarse, TileView fine, const InterpolationTaps& taps);

}  // namespace nadir
