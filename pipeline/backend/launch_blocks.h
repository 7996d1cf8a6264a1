// The launcher for kernels whose threads work together in blocks. Such a kernel is a named functor with
//   static constexpr int kThreads                                of a block
//   std::size_t shared_bytes() const                             of the memory that a block's threads share
//   HD int phases(int block) const
//   HD void operator()(int block, int phase, int thread, std::byte* shared) const
// The threads of a block have all done with a phase before any begins the next one; within a phase they must not depend
// on each other. Nothing is kept from one phase to the next but what is in shared or other memory. So a block is also a
// loop over phases and threads, which is how it runs, and is tested, on the CPU.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "pipeline/backend/launch.h"

namespace nadir {

/// For tests: on the CPU the threads of a block come in descending order. A kernel whose threads depend on each other
/// within a phase then gives another result.
inline bool reversed_threads = false;

/// Adds to a number that threads of a block share; the order does not matter.
HD inline void add_shared(int* sum, int value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(sum, value);
#else
  *sum += value;
#endif
}

inline namespace NADIR_BUILD {  // as in launch.h

template <class F>
void for_each_block_cpu(const Exec& exec, int blocks, const F& f) {
  constexpr int kUnset = 0xa5;  // what a device's memory begins with is not known either
  exec.parallel(blocks, [&](int block) {
    std::vector<std::max_align_t> memory(f.shared_bytes() / sizeof(std::max_align_t) + 1);
    auto* shared = reinterpret_cast<std::byte*>(memory.data());
    std::memset(shared, kUnset, f.shared_bytes());
    for (int phase = 0; phase < f.phases(block); ++phase)
      for (int t = 0; t < F::kThreads; ++t) f(block, phase, reversed_threads ? F::kThreads - 1 - t : t, shared);
  });
}

/// Runs the blocks [0, blocks), in no particular order. `name` is what errors and profilers show.
template <class F>
void for_each_block(Exec& exec, int blocks, const F& f, [[maybe_unused]] const char* name) {
  if (blocks <= 0) return;
#if defined(__CUDACC__)
  if (exec.on_device()) {
    launch_blocks_cuda(exec, blocks, f, name);
    return;
  }
#endif
  for_each_block_cpu(exec, blocks, f);
}

}  // namespace NADIR_BUILD
}  // namespace nadir
