// What patches are compared by, and in which units.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/core/host_device.h"

namespace nadir {

/// The one band by which patches are compared: offset + sum of weight times band, in 8-bit units.
struct GuideMix {
  std::vector<float> weights;  ///< their absolute values add up to 1, so that the guide has the range of the bands
  float offset = 0;
};

inline GuideMix mean_of_bands(int bands) { return {std::vector<float>(std::size_t(bands), 1.0f / float(bands)), 0}; }

constexpr float kGuideStepsPerGrey = 8;
constexpr float kGuideMiddle = 1024;  // steps; centres [0, 255]
constexpr float kGuideLimit = 2047;

/// A grey level as a whole number of steps in [-2047, 2047].
HD inline std::int32_t guide_steps(float grey) {
  float v = grey * kGuideStepsPerGrey - kGuideMiddle;
  v = v > -kGuideLimit ? v : -kGuideLimit;
  v = v < kGuideLimit ? v : kGuideLimit;
  return std::int32_t(v + (kGuideLimit + 0.5f)) - std::int32_t(kGuideLimit);
}

/// What is added to the distances of patches of the copies, in squared steps over a whole patch.
inline std::int32_t copy_penalty_steps(float grey_squared, int patch) {
  constexpr double kMost = 1 << 28;
  const double steps = double(grey_squared) * patch * patch * double(kGuideStepsPerGrey * kGuideStepsPerGrey);
  return std::int32_t(steps < kMost ? steps : kMost);
}

}  // namespace nadir
