// A stratified split by whole features.
#include "io/survey_split.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/core/random.h"

namespace nadir {
void split_survey(Survey& survey, double test_fraction, std::uint64_t seed) {
  if (test_fraction <= 0) return;
  std::map<std::uint16_t, std::vector<std::pair<std::uint64_t, std::size_t>>> by_class;  // random key, feature
  for (std::size_t i = 0; i < survey.features.size(); ++i)
    by_class[survey.features[i].class_id].emplace_back(split_mix(split_mix(seed) + i), i);
  for (auto& [id, members] : by_class) {
    std::sort(members.begin(), members.end());
    const auto wanted = std::size_t(std::lround(test_fraction * double(members.size())));
    const std::size_t count = std::min(wanted, members.size() - 1);
    for (std::size_t k = 0; k < count; ++k) survey.features[members[k].second].test = true;
  }
}

}  // namespace nadir
