// Where windows lie along an axis.
#pragma once

#include <cstdint>
#include <vector>

namespace nadir {

/// The starts of `count` windows of `size`, evenly from the beginning of [start, start + length) to its end; of a
/// single one in the middle.
inline std::vector<int> spread(int start, int length, int size, int count) {
  std::vector<int> starts;
  for (int i = 0; i < count; ++i)
    starts.push_back(start + (count == 1 ? (length - size) / 2 : int(std::int64_t(length - size) * i / (count - 1))));
  return starts;
}

}  // namespace nadir
