// Which pixels of a survey are looked at while a shift is searched.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// A pixel that the survey gives a class. Samples are sorted by group = fold * classes + class.
struct SurveySample {
  int x = 0;
  int y = 0;
  int group = 0;
};

/// Draws a bounded, deterministic sample of survey pixels: all pixels of rare classes, a random part of frequent ones.
class SurveySampler {
 public:
  SurveySampler(const Survey& survey, const Grid& grid, std::vector<Window> blocks, std::uint64_t seed);
  int classes() const { return int(keep_.size()); }
  /// Samples of the survey moved by a fraction of a pixel.
  std::vector<SurveySample> draw(double move_x, double move_y) const;

 private:
  struct Member {
    std::size_t feature;
    int class_index;
    int rank;  ///< among the features of its class
  };
  template <class Visit>
  void visit_pixels(double move_x, double move_y, const Visit& visit) const;
  int fold_of(const Member& member, int x, int y) const;

  const Survey& survey_;
  Grid grid_;
  std::vector<Window> blocks_;
  std::uint64_t seed_;
  std::vector<Window> windows_;         ///< of the features
  std::vector<Member> members_;         ///< by feature
  std::vector<int> features_of_class_;  ///< by class index
  std::vector<double> keep_;            ///< probability that a pixel of the class takes part, by class index
};

}  // namespace nadir
