// The split of a survey into training and test features.
#pragma once

#include <cstdint>

#include "pipeline/core/survey.h"

namespace nadir {

/// Marks a share of the features of every class as test, whole features at a time, so that no pixel of a test polygon
/// is trained on; at least one feature of each class stays for training. Depends on the seed and the order of features
/// only.
void split_survey(Survey& survey, double test_fraction, std::uint64_t seed);

}  // namespace nadir
