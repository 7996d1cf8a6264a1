// How hot loops use the widest vectors of the machine that they run on, with one result on all of them.
#pragma once

// The function is compiled for several instruction sets and the best is picked when the program starts. Contraction is
// off everywhere, so all of them give the same bits. Not for sanitizers, whose start-up runs before that choice.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__CUDACC__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NADIR_SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NADIR_SIMD_CLONES
#endif

#define NADIR_INLINE __attribute__((always_inline)) inline

namespace nadir {

constexpr int kLanes = 16;
/// 16 floats that are computed with at once; passed by pointer only, because no ABI for them holds on all machines.
typedef float Lanes __attribute__((vector_size(sizeof(float) * kLanes), aligned(64), may_alias));
/// The same at any address of floats.
typedef float UnalignedLanes __attribute__((vector_size(sizeof(float) * kLanes), aligned(alignof(float)), may_alias));
/// Memory for Lanes.
struct alignas(64) LaneStorage {
  float samples[kLanes] = {};
};

}  // namespace nadir
