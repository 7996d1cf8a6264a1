// The inner loops of the search for similar patches, for each instruction set.
#include "stages/super_resolution/match_kernels.h"

#include <cmath>

#include "pipeline/backend/simd.h"

#if NADIR_X86
#include <immintrin.h>
#endif

namespace nadir {
namespace {

struct Portable {
  template <int kPatch>
  static void scan(const PatchScan& s, std::span<const PatchRun> runs, NearPatches& near) {
    for (const PatchRun& run : runs)
      for (int c = 0; c < run.count; ++c) {
        if (!within_reach(s.sketch[run.at + c], s)) continue;
        const std::int32_t d = distance<kPatch>(s, run.at + c);
        if (d > s.limit) continue;
        near.distance[near.count] = d;
        near.index[near.count++] = run.index + c;
      }
  }

  static bool within_reach(std::int32_t sketch, const PatchScan& s) {
    const int low = std::int16_t(sketch) - std::int16_t(s.reference_sketch);
    const int high = std::int16_t(sketch >> 16) - std::int16_t(s.reference_sketch >> 16);
    return low * low + high * high <= s.sketch_limit;
  }

  template <int kPatch>
  static std::int32_t distance(const PatchScan& s, int at) {
    constexpr int kPairs = (kPatch + 1) / 2;
    std::int32_t product = 0;
    for (int p = 0; p < kPatch; ++p)
      for (int h = 0; h < kPairs; ++h) {
        const std::int32_t a = s.pairs[at + p * s.stride + 2 * h];
        const std::int32_t b = s.reference[p * kPairs + h];
        product += std::int16_t(a) * std::int16_t(b) + std::int16_t(a >> 16) * std::int16_t(b >> 16);
      }
    return s.energy[at] + s.reference_energy - 2 * product;
  }
};

#if NADIR_X86
// Candidates side by side of which `found` may be near enough. They are listed first, without a branch that could be
// mispredicted, and measured afterwards.
struct Likely {
  int at;
  int index;
  unsigned found;
};
constexpr int kMostLikely = 256;

// One multiply-add instruction does two samples of 8 (here) or 16 (below) candidates.
struct Avx2 {
  template <int kPatch>
  NADIR_AVX2 static void scan(const PatchScan& s, std::span<const PatchRun> runs, NearPatches& near) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i sketch = _mm256_set1_epi32(s.reference_sketch);
    const __m256i sketch_limit = _mm256_set1_epi32(s.sketch_limit);
    Likely likely[kMostLikely];
    int n = 0;
    for (const PatchRun& run : runs)
      for (int c = 0; c < run.count; c += 8) {
        const __m256i apart = _mm256_sub_epi16(load(s.sketch + run.at + c), sketch);
        const __m256i too_far = _mm256_or_si256(_mm256_cmpgt_epi32(_mm256_madd_epi16(apart, apart), sketch_limit),
                                                _mm256_cmpgt_epi32(lanes, _mm256_set1_epi32(run.count - c - 1)));
        const unsigned found = ~unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(too_far))) & 0xff;
        likely[n] = {run.at + c, run.index + c, found};
        n += found != 0;
        if (n < kMostLikely) continue;
        measure<kPatch>(s, likely, n, near);
        n = 0;
      }
    measure<kPatch>(s, likely, n, near);
  }

  template <int kPatch>
  NADIR_AVX2 static void measure(const PatchScan& s, const Likely* likely, int count, NearPatches& near) {
    const __m256i limit = _mm256_set1_epi32(s.limit);
    alignas(32) std::int32_t distances[8];
    int n = near.count;
    for (int i = 0; i < count; ++i) {
      const __m256i d = distance<kPatch>(s, likely[i].at);
      unsigned found = ~unsigned(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(d, limit))));
      found &= likely[i].found;
      _mm256_store_si256(reinterpret_cast<__m256i*>(distances), d);
      for (; found; found &= found - 1) {
        const int lane = __builtin_ctz(found);
        near.distance[n] = distances[lane];
        near.index[n++] = likely[i].index + lane;
      }
    }
    near.count = n;
  }

  NADIR_AVX2 static __m256i load(const std::int32_t* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }

  template <int kPatch>
  NADIR_AVX2 static __m256i distance(const PatchScan& s, int at) {
    constexpr int kPairs = (kPatch + 1) / 2;
    __m256i product = _mm256_setzero_si256();
    for (int p = 0; p < kPatch; ++p)
      for (int h = 0; h < kPairs; ++h)
        product = _mm256_add_epi32(product, _mm256_madd_epi16(load(s.pairs + at + p * s.stride + 2 * h),
                                                              _mm256_set1_epi32(s.reference[p * kPairs + h])));
    const __m256i d = _mm256_add_epi32(load(s.energy + at), _mm256_set1_epi32(s.reference_energy));
    return _mm256_sub_epi32(d, _mm256_add_epi32(product, product));
  }
};

// Loads of whole cache lines only; shifted pairs are put together from two of them.
struct Avx512 {
  template <int kPatch>
  NADIR_AVX512 static void scan(const PatchScan& s, std::span<const PatchRun> runs, NearPatches& near) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i sketch = _mm512_set1_epi32(s.reference_sketch);
    const __m512i sketch_limit = _mm512_set1_epi32(s.sketch_limit);
    Likely likely[kMostLikely];
    int n = 0;
    for (const PatchRun& run : runs)
      for (int c = -(run.at % kScanLanes); c < run.count; c += kScanLanes) {
        const __m512i apart = _mm512_sub_epi16(_mm512_load_si512(s.sketch + run.at + c), sketch);
        const __mmask16 inside =
            _mm512_cmplt_epu32_mask(_mm512_add_epi32(lanes, _mm512_set1_epi32(c)), _mm512_set1_epi32(run.count));
        const unsigned found = _mm512_mask_cmple_epi32_mask(inside, _mm512_madd_epi16(apart, apart), sketch_limit);
        likely[n] = {run.at + c, run.index + c, found};
        n += found != 0;
        if (n < kMostLikely) continue;
        measure<kPatch>(s, likely, n, near);
        n = 0;
      }
    measure<kPatch>(s, likely, n, near);
  }

  template <int kPatch>
  NADIR_AVX512 static void measure(const PatchScan& s, const Likely* likely, int count, NearPatches& near) {
    constexpr int kPairs = (kPatch + 1) / 2;
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i limit = _mm512_set1_epi32(s.limit);
    const __m512i reference_energy = _mm512_set1_epi32(s.reference_energy);
    __m512i reference[kPatch * kPairs];
    for (int i = 0; i < kPatch * kPairs; ++i) reference[i] = _mm512_set1_epi32(s.reference[i]);
    int n = near.count;
    for (int i = 0; i < count; ++i) {
      const __m512i product = correlation<kPatch>(s.pairs + likely[i].at, s.stride, reference);
      __m512i d = _mm512_add_epi32(_mm512_load_si512(s.energy + likely[i].at), reference_energy);
      d = _mm512_sub_epi32(d, _mm512_add_epi32(product, product));
      const __mmask16 found = _mm512_mask_cmple_epi32_mask(__mmask16(likely[i].found), d, limit);
      const __m512i index = _mm512_add_epi32(lanes, _mm512_set1_epi32(likely[i].index));
      _mm512_storeu_si512(near.distance + n, _mm512_maskz_compress_epi32(found, d));
      _mm512_storeu_si512(near.index + n, _mm512_maskz_compress_epi32(found, index));
      n += __builtin_popcount(found);
    }
    near.count = n;
  }

  NADIR_AVX512 static int choose(const NearPatches& near, std::int32_t limit, std::int32_t* chosen) {
    int n = 0;
    for (int i = 0; i < near.count; i += kScanLanes) {
      const __m512i d = _mm512_loadu_si512(near.distance + i);
      const __mmask16 found = _mm512_cmple_epi32_mask(d, _mm512_set1_epi32(limit));
      _mm512_storeu_si512(chosen + n, _mm512_maskz_compress_epi32(found, _mm512_loadu_si512(near.index + i)));
      n += __builtin_popcount(found);
    }
    return n;
  }

  template <int kPatch>
  NADIR_AVX512 __attribute__((always_inline)) static inline __m512i correlation(const std::int32_t* at,
                                                                                std::ptrdiff_t stride,
                                                                                const __m512i* reference) {
    constexpr int kPairs = (kPatch + 1) / 2;
    __m512i product = _mm512_setzero_si512();
    __m512i other = _mm512_setzero_si512();  // a second sum, so that two chains of additions overlap
    for (int p = 0; p < kPatch; ++p, at += stride, reference += kPairs) {
      const __m512i here = _mm512_load_si512(at);
      const __m512i next = _mm512_load_si512(at + kScanLanes);
      product = _mm512_dpwssd_epi32(product, here, reference[0]);
      if constexpr (kPairs > 1) other = _mm512_dpwssd_epi32(other, shifted<2>(here, next), reference[1]);
      if constexpr (kPairs > 2) product = _mm512_dpwssd_epi32(product, shifted<4>(here, next), reference[2]);
      if constexpr (kPairs > 3) other = _mm512_dpwssd_epi32(other, shifted<6>(here, next), reference[3]);
    }
    return _mm512_add_epi32(product, other);
  }

  // valignr of 32-bit entries; the masked form, because compilers warn of the other's undefined operand.
  template <int kEntries>
  NADIR_AVX512 __attribute__((always_inline)) static inline __m512i shifted(__m512i here, __m512i next) {
    return _mm512_maskz_alignr_epi32(0xffff, next, here, kEntries);
  }
};
#endif

template <class Level>
void scan_with(const PatchScan& s, std::span<const PatchRun> runs, NearPatches& near) {
  switch (s.patch) {
    case 3: return Level::template scan<3>(s, runs, near);
    case 4: return Level::template scan<4>(s, runs, near);
    case 5: return Level::template scan<5>(s, runs, near);
    case 6: return Level::template scan<6>(s, runs, near);
    case 7: return Level::template scan<7>(s, runs, near);
    default: return Level::template scan<8>(s, runs, near);
  }
}

}  // namespace

Simd widest_simd() {
#if NADIR_X86
  static const Simd level = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni"))
      return Simd::avx512;
    return __builtin_cpu_supports("avx2") ? Simd::avx2 : Simd::portable;
  }();
  return level;
#else
  return Simd::portable;
#endif
}

// Rounding moves each number by half, so each difference by one at most, and the two together by less than 1.5.
void PatchScan::set_limit(std::int32_t value) {
  limit = value;
  const double reach = std::sqrt(double(value)) + 1.5;
  sketch_limit = std::int32_t(reach * reach) + 1;
}

NADIR_SIMD_CLONES void sketch_patches(int patch, const std::int32_t* sum, const std::int32_t* energy, int count,
                                      std::int32_t* sketch) {
  const double share = 1.0 / patch;
  for (int i = 0; i < count; ++i) {
    const double along = double(sum[i]) * share;
    const double rest = double(energy[i]) - along * along;
    const auto low = std::int32_t(along + 32768.5) - 32768;
    const auto high = std::int32_t(__builtin_sqrtf(float(rest > 0 ? rest : 0)) + 0.5f);
    sketch[i] = std::int32_t((std::uint32_t(low) & 0xffffU) | (std::uint32_t(high) << 16));
  }
}

void scan_patches(Simd simd, const PatchScan& scan, std::span<const PatchRun> runs, NearPatches& near) {
#if NADIR_X86
  if (simd == Simd::avx512) return scan_with<Avx512>(scan, runs, near);
  if (simd == Simd::avx2) return scan_with<Avx2>(scan, runs, near);
#endif
  scan_with<Portable>(scan, runs, near);
}

int choose_within(Simd simd, const NearPatches& near, std::int32_t limit, std::int32_t* chosen) {
#if NADIR_X86
  if (simd == Simd::avx512) return Avx512::choose(near, limit, chosen);
#endif
  static_cast<void>(simd);
  int n = 0;
  for (int i = 0; i < near.count; ++i) {
    chosen[n] = near.index[i];
    n += near.distance[i] <= limit;
  }
  return n;
}

}  // namespace nadir
