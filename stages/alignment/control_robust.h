// Least median of squares over few points.
#pragma once

#include <array>
#include <optional>

#include "pipeline/core/tie_point.h"

namespace nadir {

struct RobustShift {
  std::array<double, 6> shift{};  ///< displacement (a + b x + c y, d + e x + f y), px
  double scale = 0;               ///< robust standard deviation of the residuals, px
};

/// `order`: 1 a shift, 2 a similarity, 3 an affine transform; there must be more points than that. Looks at all minimal
/// sets, or where there are more than 2000 at 2000 seeded ones. Nothing when no set determines such a transform: all
/// points lie at one place, or for an affine transform in a straight line.
std::optional<RobustShift> least_median(const TiePoints& points, std::size_t order);

}  // namespace nadir
