// Finds one window of the reference in the image.
#pragma once

#include <optional>

#include "stages/alignment/shift_search.h"
#include "stages/alignment/tie_features.h"

namespace nadir {

/// A place where a window may lie.
struct Match {
  Point shift;         ///< px, relative to the middle of what was searched
  double score = 0;    ///< normalised correlation of the features
  double second = 0;   ///< the next best peak further than 2 px away
  double sigma = 1;    ///< expected error along an axis, px, up to a factor common to all windows of a size
  bool inside = true;  ///< false: the best place lies on the edge of the search
};

/// A window of the reference, ready to be looked for.
class TieWindow {
 public:
  /// Features of the window; empty() when too little is valid or nothing has contrast.
  explicit TieWindow(const Features& reference);
  bool empty() const { return energy_ <= 0; }

  /// `image` holds the features of the window grown by `radius` at the place where it is expected. The best whole shift
  /// by FFT, then the top of the quadratic through the 3 x 3 correlations around the best one nearby.
  std::optional<Match> find(const Features& image, int radius) const;
  /// The same from the middle uphill, without looking at all shifts: for windows that lie there already. No `second`.
  std::optional<Match> climb(const Features& image, int radius) const;

 private:
  std::optional<Match> climb_from(const Features& image, int radius, int x, int y) const;
  double correlation(const Features& image, int x, int y) const;
  double correlation_of_valid(const Features& image, int x, int y) const;

  cv::Mat z_;           ///< the features less their mean, under a Hann window
  cv::Mat weight_;      ///< Hann window times validity
  cv::Mat weight_two_;  ///< the same, twice a pixel as the features
  double known_ = 0;    ///< sum of the weights
  double energy_ = 0;
};

}  // namespace nadir
