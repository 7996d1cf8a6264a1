// Survey features as weighted pixels.
#include "stages/segmentation/survey_pixels.h"

#include <algorithm>

#include "pipeline/core/coverage.h"

namespace nadir {
namespace {

constexpr float kLeastWeight = 0.01f;  // less tells nothing, but costs as much

void add(const Survey& survey, SurveyPixel pixel, std::vector<SurveyPixel>& pixels) {
  const Feature& feature = survey.features[std::size_t(pixel.feature)];
  const float covered = pixel.weight;
  const auto add_class = [&](std::uint16_t class_id, float weight) {
    pixel.class_id = class_id;
    pixel.weight = weight;
    if (weight >= kLeastWeight) pixels.push_back(pixel);
  };
  if (feature.shares.empty()) add_class(feature.class_id, covered);
  for (const ClassShare& s : feature.shares) add_class(s.class_id, covered * s.share);
}

std::vector<SurveyPixel> by_centre(const SurveyWindows& windows, const Window& w) {
  const Survey& survey = windows.survey();
  std::vector<std::int32_t> index(std::size_t(w.area()));
  windows.rasterize(w, Split::train, index);
  std::vector<SurveyPixel> pixels;
  for (std::size_t i = 0; i < index.size(); ++i)
    if (index[i] > 0) add(survey, {w.x + int(i) % w.width, w.y + int(i) / w.width, index[i] - 1, 0, 1.0f}, pixels);
  return pixels;
}

std::vector<SurveyPixel> by_fraction(const SurveyWindows& windows, const Window& window) {
  const Survey& survey = windows.survey();
  std::vector<SurveyPixel> pixels;
  for (std::size_t f = 0; f < survey.features.size(); ++f) {
    const Feature& feature = survey.features[f];
    const Window w = intersect(windows[f], window);
    if (feature.test || w.empty()) continue;
    const std::vector<float> covered = coverage(feature, windows.grid(), w);
    for (std::size_t i = 0; i < covered.size(); ++i)
      add(survey, {w.x + int(i) % w.width, w.y + int(i) / w.width, std::int32_t(f), 0, covered[i]}, pixels);
  }
  return pixels;
}

}  // namespace

bool counts_in_part(const Survey& survey, Coverage coverage) {
  return coverage == Coverage::fraction || std::any_of(survey.features.begin(), survey.features.end(),
                                                       [](const Feature& f) { return !f.shares.empty(); });
}

std::vector<SurveyPixel> survey_pixels(const SurveyWindows& survey, const Window& window, Coverage coverage) {
  return coverage == Coverage::centre ? by_centre(survey, window) : by_fraction(survey, window);
}

}  // namespace nadir
