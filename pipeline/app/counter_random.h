// Random numbers without a state: each is a function of a seed and the coordinates that it belongs to.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>

#include "pipeline/core/random.h"

namespace nadir::app {

/// Mixes a key and up to three coordinates to 64 even bits.
constexpr std::uint64_t mixed(std::uint64_t key, std::int64_t a, std::int64_t b = 0, std::int64_t c = 0) {
  std::uint64_t h = key;
  for (const std::int64_t word : {a, b, c}) h = split_mix(h + std::uint64_t(word));
  return h;
}

/// Uniform in [0, 1).
constexpr double uniform(std::uint64_t key, std::int64_t a, std::int64_t b = 0, std::int64_t c = 0) {
  return double(mixed(key, a, b, c) >> 11) * 0x1p-53;
}

/// Standard normal (Box and Muller 1958).
inline double gaussian(std::uint64_t key, std::int64_t a, std::int64_t b = 0, std::int64_t c = 0) {
  const std::uint64_t bits = mixed(key, a, b, c);
  const double radius = std::sqrt(-2 * std::log((double(bits >> 32) + 1) * 0x1p-32));
  return radius * std::cos(2 * std::numbers::pi * double(bits & 0xffffffffu) * 0x1p-32);
}

/// Smooth noise in [-1, 1] with features of about one unit: values on a lattice, blended by cubics.
inline double smooth_noise(std::uint64_t key, double x, double y) {
  const double fx = std::floor(x);
  const double fy = std::floor(y);
  const auto i = std::int64_t(fx);
  const auto j = std::int64_t(fy);
  const auto blend = [](double t) { return t * t * (3 - 2 * t); };
  const double u = blend(x - fx);
  const double v = blend(y - fy);
  const double top = uniform(key, i, j) * (1 - u) + uniform(key, i + 1, j) * u;
  const double bottom = uniform(key, i, j + 1) * (1 - u) + uniform(key, i + 1, j + 1) * u;
  return 2 * (top * (1 - v) + bottom * v) - 1;
}

}  // namespace nadir::app
