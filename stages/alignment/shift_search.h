// What both ways of finding a shift share: score surfaces over shifts, their peaks, and how far a peak can be trusted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/value.h"

namespace nadir {

/// Scores over a square lattice of shifts, (-radius … radius)² steps; NaN where a shift could not be judged.
class Surface {
 public:
  explicit Surface(int radius) : radius_(radius), score_(std::size_t(side() * side())) {}
  int radius() const { return radius_; }
  int side() const { return 2 * radius_ + 1; }
  double& at(int dx, int dy) { return score_[std::size_t((dy + radius_) * side() + dx + radius_)]; }
  double at(int dx, int dy) const { return score_[std::size_t((dy + radius_) * side() + dx + radius_)]; }
  std::span<const double> scores() const { return score_; }

 private:
  int radius_;
  std::vector<double> score_;
};

struct Peak {
  int x = 0;
  int y = 0;
  double score = 0;
};

/// The best shift, the first in row order among equals; none where no shift was judged or all scores are equal.
std::optional<Peak> highest(const Surface& surface);
/// The best local maximum more than two steps away from the peak; NaN when there is none.
double second_highest(const Surface& surface, const Peak& peak);
/// The median of the shifts that could be judged; NaN without any.
double median_score(const Surface& surface);
/// How far the peak stands above the median, in robust standard deviations (1.4826 times the median deviation).
double robust_z(const Surface& surface, const Peak& peak);
/// The top of the quadratic that fits best to the (2 reach + 1)² scores around the peak; the peak itself where the
/// scores do not bend down or are not all known.
Point refine(const Surface& surface, const Peak& peak, int reach);

/// The evidence is dealt into folds; leaving one fold out at a time gives as many shifts beside that of all evidence.
constexpr int kFolds = 8;
constexpr int kSets = 1 + kFolds;  // set 0 is all folds, set 1 + i all but fold i
constexpr bool in_set(int set, int fold) { return set != 1 + fold; }

/// What the evidence says for one shift: the score of each set, and how much of it could be judged.
struct Judged {
  std::array<double, kSets> score{};
  std::int64_t overlap = 0;
};

/// One surface a set from (2 radius + 1)² shifts, row by row; those with less overlap than `least` are not judged.
std::vector<Surface> to_surfaces(const std::vector<Judged>& judged, int radius, std::int64_t least);

/// A shift as measured: what the aligned image's pixel coordinates must be moved by to find the pixel of the input.
struct ShiftEstimate {
  std::array<Point, kSets> shift{};  ///< by set, px
  double turn = 0;                   ///< about the centre, radians from x towards y
  double scale = 1;                  ///< the same
  Point centre;                      ///< px, pixel centres at whole numbers
  bool on_border = false;            ///< the best shift lies on the edge of what was searched
  double peak = 0;
  double second_peak = 0;
  double z_score = 0;
  std::int64_t samples = 0;
  std::string failure;  ///< why there is no shift at all, as a sentence; empty when there is one
};

/// Standard error of the shift along one axis, px: the delete-a-group jackknife (Tukey 1958), of G folds
/// sigma² = (G - 1) / G sum_g |d_g - d|² / 2.
double standard_error(const ShiftEstimate& estimate);
/// The probability that a shift with this standard error is right to within a pixel, both axes normal: 1 - exp(-1/2σ²).
double confidence(double standard_error_px);

}  // namespace nadir
