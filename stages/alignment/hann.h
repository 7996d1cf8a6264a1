// The window that correlations look through.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace nadir {

/// A raised cosine over [moved, moved + n) at the centres of n samples, 0 beyond.
inline std::vector<float> hann(int n, double moved = 0) {
  std::vector<float> w;
  for (int i = 0; i < n; ++i) {
    const double t = std::clamp((i + 0.5 - moved) / n, 0.0, 1.0);
    w.push_back(float(0.5 - 0.5 * std::cos(2 * std::numbers::pi * t)));
  }
  return w;
}

}  // namespace nadir
