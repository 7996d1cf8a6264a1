// Exponential and logarithm of floats as a few multiplications and additions, so that loops over pixels are vectors and
// every machine gives the same bits, which the C library's do not promise.
#pragma once

#include <cstdint>
#include <cstring>

#include "pipeline/core/host_device.h"

namespace nadir {

HD inline float bits_to_float(std::int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
HD inline std::int32_t float_to_bits(float value) {
  std::int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x within 2e-7 relative for x in [-87, 88], clamped beyond: 2^n p(r) with x = n ln 2 + r, |r| <= ln 2 / 2, and p
/// the Taylor polynomial of degree 6.
HD inline float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // rounds to whole numbers: 1.5 * 2^23
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * bits_to_float((std::int32_t(n) + 127) << 23);
}

/// ln(1 + y) within 2e-6 absolute for y in [0, 1]: 2 artanh(y / (2 + y)), whose series converges fast as the argument
/// is at most 1/3.
HD inline float fast_log1p(float y) {
  const float s = y / (2.0f + y);
  const float t = s * s;
  return 2.0f * s * (1.0f + t * (1.0f / 3 + t * (1.0f / 5 + t * (1.0f / 7 + t * (1.0f / 9 + t * (1.0f / 11))))));
}

/// ln(1 + e^x) without overflow for any x: max(x, 0) + ln(1 + e^-|x|).
HD inline float softplus(float x) {
  const float magnitude = x < 0 ? -x : x;
  return (x > 0 ? x : 0.0f) + fast_log1p(fast_exp(-magnitude));
}

}  // namespace nadir
