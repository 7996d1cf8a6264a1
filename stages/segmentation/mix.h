// Random numbers that depend on what they are for, never on an order of calls.
#pragma once

#include <cstdint>

#include "pipeline/core/random.h"

namespace nadir {

/// The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) over a chain of numbers: counter-based random bits.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
  return split_mix(split_mix(split_mix(a) + b) + c);
}

/// In [0, 1), from random bits.
constexpr double unit_interval(std::uint64_t bits) { return double(bits >> 11) * 0x1p-53; }

}  // namespace nadir
