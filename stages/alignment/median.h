// The middle one of some values.
#pragma once

#include <algorithm>
#include <vector>

namespace nadir {

/// The upper median; 0 of nothing.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace nadir
