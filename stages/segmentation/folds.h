// Folds of survey features, for everything that must not be judged by neighbours of what it was trained on.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/segmentation/training_set.h"

namespace nadir {

/// The pixels of one survey feature, as far as folds care.
struct FoldGroup {
  std::uint16_t label = 0;  ///< that of the pixel that counts most
  std::int64_t pixels = 0;
};

/// Survey features that have pixels, numbered from 0 in the survey's order.
struct Groups {
  std::vector<FoldGroup> groups;
  std::vector<std::size_t> of_pixel;
};

/// Needs TrainingSet::groups.
Groups group_pixels(const TrainingSet& set);

/// Fold of every group, stratified: each class's groups go, largest first and equal ones in random order, to the fold
/// that has the fewest of its pixels, starting at a random fold. -1: the only group of its class is never held out.
std::vector<int> assign_folds(const std::vector<FoldGroup>& groups, int folds, std::uint64_t seed);

}  // namespace nadir
