// The transform through surveyed control points.
#pragma once

#include <string>
#include <vector>

#include "stages/alignment/tie_model.h"

namespace nadir {

struct ControlEstimate {
  TiePoints ties;  ///< one a usable point
  ModelFit fit;
  double inlier_share = 0;                     ///< of all points
  std::vector<std::string> rejected;           ///< one sentence each: id, residual, and what may be wrong with it
  std::vector<std::string> findings;           ///< what may be wrong with the list
  std::vector<std::vector<double>> residuals;  ///< col, row, residual x, y (px), weight; a row a usable point
  std::string model_reason;
  std::string failure;  ///< why there is no transform; empty when there is one
};

/// A robust start by least median of squares (Rousseeuw 1984) over shifts, similarities or affine transforms through
/// all minimal sets of points (2000 seeded ones where there are more), then the fit of tie_model.h. Stands up to
/// blunders in somewhat less than half of the points. Points in a straight line determine no affine transform:
/// `automatic` then chooses between shift and similarity, and a richer model is refused.
ControlEstimate match_control_points(const Survey& survey, const Grid& grid, TieModel model);

}  // namespace nadir
