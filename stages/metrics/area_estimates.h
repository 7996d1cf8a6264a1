// Areas of classes, corrected for what the map gets wrong.
#pragma once

#include "stages/metrics/confusion.h"

namespace nadir {

/// Estimates from samples that were drawn within the classes of the map (Olofsson et al., Remote Sensing of Environment
/// 148, 2014, equations 1 to 11), by class. Half widths are of 95 % intervals.
struct AreaEstimates {
  std::vector<double> mapped_share;  ///< of the map's area
  std::vector<double> area_share;    ///< estimated, sums up to 1 over classes that have samples
  std::vector<double> area_half_width;
  std::vector<double> users, users_half_width;          ///< user's accuracy (precision)
  std::vector<double> producers, producers_half_width;  ///< producer's accuracy (recall)
  double overall = 0, overall_half_width = 0;
};

/// `mapped_pixels` counts the whole map by class, in the order of the matrix. Classes of the map without samples are
/// left out of the whole, as nothing is known of them.
AreaEstimates estimate_areas(const Confusion& samples, const std::vector<double>& mapped_pixels);

/// The same as facts of a report, named area_….
void add_areas(const AreaEstimates& estimates, const std::vector<double>& mapped_pixels, Record& record);

}  // namespace nadir
