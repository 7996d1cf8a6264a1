// Vectors in memory, and their reordering; for the sources of row operations.
#pragma once

#include "pipeline/backend/simd.h"

namespace nadir {

NADIR_INLINE const UnalignedLanes& lanes_at(const float* p) { return *reinterpret_cast<const UnalignedLanes*>(p); }
NADIR_INLINE UnalignedLanes& lanes_at(float* p) { return *reinterpret_cast<UnalignedLanes*>(p); }

// Samples 0, 2, … (or 1, 3, …) of two vectors, one after the other.
NADIR_INLINE void even_of(Lanes& out, const Lanes& a, const Lanes& b) {
  out = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
NADIR_INLINE void odd_of(Lanes& out, const Lanes& a, const Lanes& b) {
  out = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// a0 b0 a1 b1 …: the first halves of both, and the second.
NADIR_INLINE void zip(Lanes& first, Lanes& second, const Lanes& a, const Lanes& b) {
  first = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  second = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

}  // namespace nadir
