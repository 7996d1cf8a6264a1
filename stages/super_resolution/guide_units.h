// The units in which patches are compared.
#pragma once

#include <cstdint>

#include "pipeline/core/host_device.h"

namespace nadir {

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
