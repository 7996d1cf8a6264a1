// Judged pixels, and the report that they make.
#pragma once

#include <map>
#include <tuple>

#include "stages/metrics/confusion.h"

namespace nadir {

constexpr int kUnclassified = 0;

/// Pixels by what is an independent draw (a survey feature, a block), true class id, and class id in the mask.
using Tally = std::map<std::tuple<std::int32_t, int, int>, std::int64_t>;

struct ClassLists {
  std::vector<ClassInfo> truth;
  std::vector<ClassInfo> mask;  ///< empty: the mask's numbers are those of `truth`
};

/// All rates with their intervals; classes are matched by name. `mapped` counts the whole mask by class id; where it is
/// not empty, areas are estimated too. Throws Error(Fault::data) when no class name is common to both sides.
Record accuracy_record(const Tally& tally, const ClassLists& classes, const std::map<int, std::int64_t>& mapped);

}  // namespace nadir
