// The CUDA side of the launchers. for_each: one thread a pixel, bands along the grid's z axis. for_each_block: a
// barrier after every phase.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "pipeline/backend/exec.h"
#include "pipeline/core/error.h"

namespace nadir {

template <class F>
__global__ void for_each_kernel(Window window, F f) {
  const int x = window.x + int(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = window.y + int(blockIdx.y * blockDim.y + threadIdx.y);
  if (x < window.right() && y < window.bottom()) f(int(blockIdx.z), x, y);
}

template <class F>
__global__ void __launch_bounds__(F::kThreads) for_each_block_kernel(F f) {
  extern __shared__ __align__(16) unsigned char shared[];
  const int block = int(blockIdx.x);
  const int phases = f.phases(block);
  for (int phase = 0; phase < phases; ++phase) {
    f(block, phase, int(threadIdx.x), reinterpret_cast<std::byte*>(shared));
    __syncthreads();
  }
}

inline void check_launch(cudaError_t status, const char* name) {
  if (status != cudaSuccess)
    throw Error(Fault::device, std::string("launching ") + name + ": " + cudaGetErrorString(status));
}

template <class F>
void launch_cuda(Exec& exec, int bands, const Window& window, const F& f, const char* name) {
  if (window.empty() || bands <= 0) return;
  const dim3 block(32, 8, 1);
  const dim3 grid(unsigned(ceil_div(window.width, 32)), unsigned(ceil_div(window.height, 8)), unsigned(bands));
  for_each_kernel<<<grid, block, 0, static_cast<cudaStream_t>(exec.stream())>>>(window, f);
  check_launch(cudaGetLastError(), name);
}

template <class F>
void launch_blocks_cuda(Exec& exec, int blocks, const F& f, const char* name) {
  constexpr std::size_t kWithoutAsking = 48 << 10;
  const std::size_t bytes = f.shared_bytes();
  if (bytes > kWithoutAsking)
    check_launch(
        cudaFuncSetAttribute(for_each_block_kernel<F>, cudaFuncAttributeMaxDynamicSharedMemorySize, int(bytes)), name);
  for_each_block_kernel<<<unsigned(blocks), F::kThreads, bytes, static_cast<cudaStream_t>(exec.stream())>>>(f);
  check_launch(cudaGetLastError(), name);
}

}  // namespace nadir
