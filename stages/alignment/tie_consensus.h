// The affine displacement that most of some doubtful tie points share.
#pragma once

#include <array>

#include "pipeline/core/tie_point.h"

namespace nadir {

/// A displacement (a + b x + c y, d + e x + f y), pixels.
using AffineShift = std::array<double, 6>;
Point at(const AffineShift& shift, const Point& p);

struct Consensus {
  AffineShift shift{};
  std::size_t supporters = 0;  ///< within 2 px of it
  std::size_t voters = 0;
  double spread = 0;     ///< rms distance of the supporters from it, px
  double by_chance = 0;  ///< supporters expected of points found anywhere in the search
};

/// First the translation that most points lie near, then affine displacements through three random points near it
/// (RANSAC, Fischler and Bolles 1981, scored as in MSAC), up to 5 % of scale, rotation and shear. Seeded by nothing but
/// the points.
Consensus find_consensus(const TiePoints& points, int search_radius_px);

}  // namespace nadir
