// How far figures of a confusion matrix may be trusted when survey features, not pixels, are the independent draws.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/metrics/confusion.h"

namespace nadir {

/// What one draw (a survey feature) adds to one cell of the matrix.
struct DrawCell {
  std::size_t truth = 0;
  std::size_t mapped = 0;
  std::int64_t pixels = 0;
};
using Draw = std::vector<DrawCell>;  ///< its cells that are not empty: few, however many classes there are

/// 95 % interval of a figure of all draws, by leaving out one of them at a time (Efron, Stein, Annals of Statistics 9,
/// 1981), cut to [low, 1]; [low, 1] for fewer than two. `changes`: by how much it changes without a draw, for those
/// draws without which it does.
Interval jackknife_interval(double figure, const std::vector<double>& changes, std::size_t draws, double low = 0);

/// Intervals of kappa and mIoU, and by class of precision, recall, F1 and IoU (rows low, high), named …_95_by_feature.
/// `all`: the sum of the draws. Costs a step a draw and class, and remembers a few numbers a draw.
void add_intervals(const Confusion& all, const std::vector<Draw>& draws, Record& record);

}  // namespace nadir
