// Which instruction set hand-written inner loops use; all of them give the same bits.
#pragma once

#if defined(__GNUC__) && defined(__x86_64__) && !defined(__CUDACC__)
#define NADIR_X86 1
#define NADIR_AVX2 __attribute__((target("avx2")))
#if defined(__clang__)
#define NADIR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#else
#define NADIR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,prefer-vector-width=512")))
#endif
#else
#define NADIR_X86 0
#define NADIR_AVX2
#define NADIR_AVX512
#endif

namespace nadir {

enum class Simd { portable, avx2, avx512 };

/// The best that this machine has.
Simd widest_simd();

}  // namespace nadir
