// Whether what was measured may be used, and the facts behind that.
#pragma once

#include <string>

#include "stages/alignment/control_match.h"
#include "stages/alignment/grid_match.h"
#include "stages/alignment/shift_search.h"

namespace nadir {

struct VerdictLimits {
  double min_confidence = 0.5;
  double max_residual_px = 2;
};

/// Why the transform cannot be relied on, as a sentence; empty when it can.
std::string why_unreliable(const GridEstimate& estimate, const VerdictLimits& limits);
std::string why_unreliable(const ControlEstimate& estimate, const VerdictLimits& limits);
/// Whether the transform moves the area by more than its own uncertainty (2.45 standard errors: 95 % in the plane).
bool moves(const ModelFit& fit, Size area);
/// Root mean square of the displacement over the area, px.
double displacement(const Transform& transform, Size area);
void record(const GridEstimate& estimate, const Grid& grid, Record& facts);
void record(const ControlEstimate& estimate, const Grid& grid, Record& facts);
void record(const ShiftEstimate& estimate, const Grid& grid, Record& facts);

}  // namespace nadir
