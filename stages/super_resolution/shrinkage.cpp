// Shrinkage of groups of similar patches in the eigenbasis of their own covariance, sixteen groups at once.
#include "stages/super_resolution/shrinkage.h"

#include <cstddef>

#include "stages/super_resolution/patch_lanes.h"
#include "stages/super_resolution/shrinkage_lanes.h"

namespace nadir {
namespace {

NADIR_INLINE BatchMemory from_lane(BatchMemory m, int lane) {
  for (float** p : {&m.patches, &m.mean, &m.covariance, &m.factor, &m.inverse, &m.weights}) *p += lane;
  return m;
}

// With 16 registers of 8 floats, or of 4.
template <int kEdge>
NADIR_INLINE void shrink_halves(const BatchMemory& m, float t, int used) {
  for (const int lane : {0, kLanes / 2})
    LaneShrinkage<kLanes / 2, kEdge, 2, batch_block(kEdge)>::run(from_lane(m, lane), t, used);
}

template <int kEdge>
void shrink_portable(const BatchMemory& m, float t, int used) {
  shrink_halves<kEdge>(m, t, used);
}

template <int kEdge>
NADIR_AVX2 void shrink_avx2(const BatchMemory& m, float t, int used) {
  shrink_halves<kEdge>(m, t, used);
}

// 32 registers of 16 floats.
template <int kEdge>
NADIR_AVX512 void shrink_avx512(const BatchMemory& m, float t, int used) {
  LaneShrinkage<kLanes, kEdge, batch_block(kEdge), batch_block(kEdge)>::run(m, t, used);
}

template <int kEdge>
void gather_portable(const float* const* from, std::ptrdiff_t stride, int similar, float* out) {
  gather_patches<kEdge>(from, stride, similar, out);
}

template <int kEdge>
NADIR_AVX2 void gather_avx2(const float* const* from, std::ptrdiff_t stride, int similar, float* out) {
  gather_patches<kEdge>(from, stride, similar, out);
}

template <int kEdge>
NADIR_AVX512 void gather_avx512(const float* const* from, std::ptrdiff_t stride, int similar, float* out) {
  gather_patches<kEdge>(from, stride, similar, out);
}

template <int kEdge>
void scatter_portable(const float* in, const float* w, std::ptrdiff_t stride, int similar, float* const* to) {
  scatter_patches<kEdge>(in, w, stride, similar, to);
}

template <int kEdge>
NADIR_AVX2 void scatter_avx2(const float* in, const float* w, std::ptrdiff_t stride, int similar, float* const* to) {
  scatter_patches<kEdge>(in, w, stride, similar, to);
}

template <int kEdge>
NADIR_AVX512 void scatter_avx512(const float* in, const float* w, std::ptrdiff_t stride, int similar,
                                 float* const* to) {
  scatter_patches<kEdge>(in, w, stride, similar, to);
}

std::size_t entries(int patch, int similar) {
  const auto n = std::size_t(patch * patch);
  return n * (std::size_t(similar) + 3 * n + 1) + 1;
}

}  // namespace

GroupBatch::GroupBatch(int patch, int similar, Simd simd)
    : simd_(simd), storage_(entries(patch, similar)), memory_{patch, similar, {}, {}, {}, {}, {}, {}} {
  const auto n = std::size_t(patch * patch);
  LaneStorage* next = storage_.data();
  const auto take = [&](std::size_t count) {
    float* const at = next->samples;
    next += count;
    return at;
  };
  memory_.patches = take(n * std::size_t(similar));
  memory_.mean = take(n);
  memory_.covariance = take(n * n);
  memory_.factor = take(n * n);
  memory_.inverse = take(n * n);
  memory_.weights = take(1);
}

void GroupBatch::gather(int j, const float* const from[kLanes], std::ptrdiff_t stride) {
  float* const out = memory_.patches + std::ptrdiff_t(j) * batch_block(memory_.patch) * kLanes;
  const int similar = memory_.similar;
  const bool five = memory_.patch == 5;
  if (simd_ == Simd::avx512)
    return five ? gather_avx512<5>(from, stride, similar, out) : gather_avx512<6>(from, stride, similar, out);
  if (simd_ == Simd::avx2)
    return five ? gather_avx2<5>(from, stride, similar, out) : gather_avx2<6>(from, stride, similar, out);
  return five ? gather_portable<5>(from, stride, similar, out) : gather_portable<6>(from, stride, similar, out);
}

void GroupBatch::scatter(int j, float* const to[kLanes], std::ptrdiff_t stride) const {
  const float* const in = memory_.patches + std::ptrdiff_t(j) * batch_block(memory_.patch) * kLanes;
  const int similar = memory_.similar;
  const float* const w = memory_.weights;
  const bool five = memory_.patch == 5;
  if (simd_ == Simd::avx512)
    return five ? scatter_avx512<5>(in, w, stride, similar, to) : scatter_avx512<6>(in, w, stride, similar, to);
  if (simd_ == Simd::avx2)
    return five ? scatter_avx2<5>(in, w, stride, similar, to) : scatter_avx2<6>(in, w, stride, similar, to);
  return five ? scatter_portable<5>(in, w, stride, similar, to) : scatter_portable<6>(in, w, stride, similar, to);
}

void GroupBatch::shrink(float t, int used) {
  const bool five = memory_.patch == 5;
  if (simd_ == Simd::avx512) return five ? shrink_avx512<5>(memory_, t, used) : shrink_avx512<6>(memory_, t, used);
  if (simd_ == Simd::avx2) return five ? shrink_avx2<5>(memory_, t, used) : shrink_avx2<6>(memory_, t, used);
  return five ? shrink_portable<5>(memory_, t, used) : shrink_portable<6>(memory_, t, used);
}

std::size_t GroupBatch::bytes(int patch, int similar) { return entries(patch, similar) * sizeof(LaneStorage); }

}  // namespace nadir
