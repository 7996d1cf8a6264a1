// Where the features of a survey lie in a grid, found once.
#pragma once

#include <span>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// The pixels that each feature may touch. Who looks at a survey block by block makes this once, so that a block costs
/// a comparison a feature and projects only those that lie near it. Refers to the survey, which must outlive it and
/// stay as it is.
class SurveyWindows {
 public:
  SurveyWindows(const Survey& survey, const Grid& grid);
  const Survey& survey() const { return *survey_; }
  const Grid& grid() const { return grid_; }
  /// pixel_window() of a feature, by its index.
  const Window& operator[](std::size_t feature) const { return windows_[feature]; }
  /// rasterize() of survey.h.
  void rasterize(const Window& window, Split split, std::span<std::int32_t> index) const;

 private:
  const Survey* survey_;
  Grid grid_;
  std::vector<Window> windows_;
};

}  // namespace nadir
