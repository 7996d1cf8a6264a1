// The pixels that survey features stand for.
#pragma once

#include <vector>

#include "pipeline/core/survey_windows.h"

namespace nadir {

enum class Coverage {
  centre,   ///< pixels whose centre the feature holds; of several features the last one has it
  fraction  ///< all that it touches, each by the covered share of its area, for every feature that touches it
};

/// A pixel as an example of a class.
struct SurveyPixel {
  int x = 0, y = 0;
  std::int32_t feature = 0;  ///< index into Survey::features
  std::uint16_t class_id = 0;
  float weight = 1;  ///< covered share of the pixel times the class's share in the feature, at least 0.01
};

/// Whether some of survey_pixels() may count less than one.
bool counts_in_part(const Survey& survey, Coverage coverage);

/// Those of a window that training features stand for, row by row for `centre`, feature by feature for `fraction`. A
/// pixel of a mixed feature comes once for each of its classes.
std::vector<SurveyPixel> survey_pixels(const SurveyWindows& survey, const Window& window, Coverage coverage);

}  // namespace nadir
