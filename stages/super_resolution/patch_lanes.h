// Rows of sixteen patches, each somewhere in an image, to and from one vector a sample with a patch in each lane.
#pragma once

#include "stages/super_resolution/shrinkage.h"

namespace nadir {

/// Eight samples of a row, at any address.
typedef float RowSamples __attribute__((vector_size(sizeof(float) * 8), aligned(alignof(float)), may_alias));

/// Eight samples, a row of a patch or one sample of eight patches.
typedef float Eight __attribute__((vector_size(sizeof(float) * 8), aligned(32), may_alias));

/// A square of 8 x 8 turned about its diagonal.
NADIR_INLINE void transpose(Eight (&v)[8]) {
  Eight a[8], b[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    a[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    const Eight l = a[i / 4 * 4 + i / 2 % 2], h = a[i / 4 * 4 + i / 2 % 2 + 2];
    b[i] = i % 2 == 0 ? __builtin_shufflevector(l, h, 0, 1, 8, 9, 4, 5, 12, 13)
                      : __builtin_shufflevector(l, h, 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 4; ++i) {
    v[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    v[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// Entry of a sample of the first patch in BatchMemory.
template <int kEdge>
NADIR_INLINE int patch_entry(int p, int q, int similar) {
  constexpr int kBlock = batch_block(kEdge);
  const int s = p * kEdge + q;
  return s / kBlock * similar * kBlock + s % kBlock;
}

/// out[entry(p, q) * kLanes + l] = from[l][p * stride + q]; reads 8 samples a row.
template <int kEdge>
NADIR_INLINE void gather_patches(const float* const* from, std::ptrdiff_t stride, int similar, float* out) {
  for (int p = 0; p < kEdge; ++p)
    for (int half = 0; half < kLanes; half += 8) {
      Eight v[8];
#pragma GCC unroll 8
      for (int l = 0; l < 8; ++l) v[l] = *reinterpret_cast<const RowSamples*>(from[half + l] + p * stride);
      transpose(v);
#pragma GCC unroll 8
      for (int q = 0; q < kEdge; ++q)
        *reinterpret_cast<Eight*>(out + patch_entry<kEdge>(p, q, similar) * kLanes + half) = v[q];
    }
}

/// to[l][p * stride + q] += weights[l] in[entry(p, q) * kLanes + l]; rewrites 8 samples a row.
template <int kEdge>
NADIR_INLINE void scatter_patches(const float* in, const float* weights, std::ptrdiff_t stride, int similar,
                                  float* const* to) {
  for (int p = 0; p < kEdge; ++p)
    for (int half = 0; half < kLanes; half += 8) {
      const Eight w = *reinterpret_cast<const Eight*>(weights + half);
      Eight v[8];
#pragma GCC unroll 8
      for (int q = 0; q < kEdge; ++q)
        v[q] = w * *reinterpret_cast<const Eight*>(in + patch_entry<kEdge>(p, q, similar) * kLanes + half);
#pragma GCC unroll 8
      for (int q = kEdge; q < 8; ++q) v[q] = Eight{};
      transpose(v);
#pragma GCC unroll 8
      for (int l = 0; l < 8; ++l) *reinterpret_cast<RowSamples*>(to[half + l] + p * stride) += v[l];
    }
}

}  // namespace nadir
