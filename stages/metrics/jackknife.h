// How far figures of a confusion matrix may be trusted when survey features, not pixels, are the independent draws.
#pragma once

#include <functional>

#include "stages/metrics/confusion.h"

namespace nadir {

/// 95 % interval of a figure of the summed matrices, by leaving out one of them at a time (Efron, Stein, Annals of
/// Statistics 9, 1981), cut to [low, 1]; [low, 1] for fewer than two.
Interval jackknife_interval(const std::vector<Confusion>& by_feature,
                            const std::function<double(const Confusion&)>& figure, double low = 0);

/// Intervals of kappa and mIoU, and by class of precision, recall, F1 and IoU (rows low, high), named …_95_by_feature.
void add_intervals(const std::vector<Confusion>& by_feature, Record& record);

}  // namespace nadir
