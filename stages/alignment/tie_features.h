// What tie points are matched by: gradient directions, in which neither contrast nor its sign matters.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "pipeline/core/view.h"

namespace nadir {

/// Samples over a window as they came, NaN where they are invalid.
struct Samples {
  int width = 0;
  int height = 0;
  std::vector<float> values;
};

/// Samples outside of `scene` are invalid.
Samples samples_of(ConstTileView tile, int band, const Window& scene);
Samples cut(const Samples& from, int left, int top, int width, int height);
/// Share of samples that are valid.
double valid_share(const Samples& samples);

/// Pixels beyond a window that its features look at.
constexpr int kFeatureReach = 4;

/// z = (g_x + i g_y)² / (|g| + e), g the gradient of the image under a Gaussian: the direction of edges by their
/// doubled angle (Bigün and Granlund 1987), weighted by strength. Doubling makes light-to-dark and dark-to-light edges
/// alike, so that bands match whose contrasts are inverted; dividing by |g| + e keeps single strong edges from ruling.
/// 0 within `kFeatureReach` of invalid samples.
struct Features {
  cv::Mat z;      ///< CV_32FC2
  cv::Mat valid;  ///< CV_32F, 1 or 0
  bool all_valid = false;
};

/// Features of the samples without the outermost kFeatureReach on each side.
Features features_of(const Samples& samples);

}  // namespace nadir
