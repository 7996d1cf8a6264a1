// The one hash behind everything random: numbers are functions of a seed and a place, never of an order of calls.
#pragma once

#include <cstdint>

#include "pipeline/core/host_device.h"

namespace nadir {

/// SplitMix64 of a counter (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
HD constexpr std::uint64_t split_mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace nadir
