// Least median of squares over few points.
#pragma once

#include <array>

#include "pipeline/core/tie_point.h"

namespace nadir {

struct RobustShift {
  std::array<double, 6> shift{};  ///< displacement (a + b x + c y, d + e x + f y), px
  double scale = 0;               ///< robust standard deviation of the residuals, px
};

/// `order`: 1 a shift, 2 a similarity, 3 an affine transform; there must be more points than that.
RobustShift least_median(const TiePoints& points, std::size_t order);

}  // namespace nadir
