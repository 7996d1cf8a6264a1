// A second opinion on a transform found from edges: what phase correlation says of the same windows.
#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/core/value.h"
#include "stages/alignment/spectrum.h"
#include "stages/alignment/tie_features.h"

namespace nadir {

/// Phase correlation weighs all frequencies alike and knows nothing of edges, so that its agreement with a transform
/// from edges says something of both. Bands whose contrasts are inverted or unlike have no clear peak: no opinion.
struct PhaseCheck {
  std::size_t windows = 0;  ///< that took part
  Point offset;             ///< px, what is left between image and reference by its account
  double z_score = 0;       ///< of the peak over shifts within 8 px
  bool clear = false;       ///< z_score of 6 at least, and no dip as deep as half of the peak

  /// By how much the two methods differ along an axis, as a standard error, px; 0 without an opinion.
  double disagreement() const;
};

/// Sums the spectra of pairs of windows of one size: the image, read through the transform, and the reference.
class PhaseChecker {
 public:
  /// Windows with fewer than 90 % of valid samples are left out.
  void add(const Samples& image, const Samples& reference);
  void add(const PhaseChecker& other);
  PhaseCheck conclude() const;

 private:
  Spectrum sum_;
  std::size_t windows_ = 0;
};

}  // namespace nadir
