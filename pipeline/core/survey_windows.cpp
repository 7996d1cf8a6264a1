// Features by where they lie.
#include "pipeline/core/survey_windows.h"

#include <algorithm>

namespace nadir {

SurveyWindows::SurveyWindows(const Survey& survey, const Grid& grid) : survey_(&survey), grid_(grid) {
  windows_.reserve(survey.features.size());
  for (const Feature& f : survey.features) windows_.push_back(pixel_window(f, grid));
}

void SurveyWindows::rasterize(const Window& window, Split split, std::span<std::int32_t> index) const {
  std::fill(index.begin(), index.end(), 0);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (intersect(windows_[i], window).empty()) continue;
    const Feature& f = survey_->features[i];
    if (split != Split::all && f.test != (split == Split::test)) continue;
    burn(f, grid_, window, std::int32_t(i) + 1, index);
  }
}

}  // namespace nadir
