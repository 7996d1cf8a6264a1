// Which pixels of a survey are looked at while a shift is searched.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/survey_windows.h"

namespace nadir {

/// A point that the survey gives a class, on a lattice of `per_pixel`² points a pixel. Sorted by group = fold * classes
/// + class.
struct SurveySample {
  int x = 0;
  int y = 0;
  int group = 0;
};

/// Draws a bounded, deterministic sample of a survey: all points of rare classes, a random part of frequent ones.
class SurveySampler {
 public:
  SurveySampler(const Survey& survey, const Grid& grid, const std::vector<Window>& blocks, std::uint64_t seed,
                int most_samples, int per_pixel);
  int per_pixel() const { return per_pixel_; }
  int classes() const { return int(keep_.size()); }
  std::vector<SurveySample> draw() const;

 private:
  struct Member {
    int class_index;
    int rank;  ///< among the features of its class
  };
  template <class Visit>
  void visit_pixels(const Visit& visit) const;
  int fold_of(const Member& member, int x, int y) const;

  int per_pixel_;
  SurveyWindows survey_;        ///< on the grid of the points
  std::vector<Window> blocks_;  ///< in points
  std::uint64_t seed_;
  std::vector<Member> members_;         ///< by feature
  std::vector<int> features_of_class_;  ///< by class index
  std::vector<double> keep_;            ///< probability that a point of the class takes part, by class index
};

}  // namespace nadir
