// Shares of counts and their intervals.
#pragma once

namespace nadir {

/// Standard deviations that hold 95 % of a normal distribution on both sides of its mean.
constexpr double kNormal95 = 1.959963984540054;

/// 0 where there is nothing to have a share of.
inline double ratio(double part, double all) { return all > 0 ? part / all : 0; }

}  // namespace nadir
