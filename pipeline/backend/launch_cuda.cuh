// The CUDA side of the launchers. for_each: one thread a pixel, bands along the grid's z axis. for_each_block: a
// barrier after every phase.
#pragma once

#include <cuda_runtime.h>

#include <atomic>

#include "pipeline/backend/cuda_check.h"
#include "pipeline/backend/exec.h"

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

/// Calls launch(), which returns a status; where there is no memory once more after Exec::trim(). A launch takes memory
/// when it is the first one of its kernel, whose code is loaded then.
template <class Launch>
void launch_or_throw(Exec& exec, const char* name, const Launch& launch) {
  cudaError_t status = launch();
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    exec.trim();
    status = launch();
  }
  check_cuda(status, "launching ", name);
}

template <class F>
void launch_cuda(Exec& exec, int bands, const Window& window, const F& f, const char* name) {
  if (window.empty() || bands <= 0) return;
  const dim3 block(32, 8, 1);
  const dim3 grid(unsigned(ceil_div(window.width, 32)), unsigned(ceil_div(window.height, 8)), unsigned(bands));
  launch_or_throw(exec, name, [&] {
    for_each_kernel<<<grid, block, 0, static_cast<cudaStream_t>(exec.stream())>>>(window, f);
    return cudaGetLastError();
  });
}

/// Lets the blocks of a kernel share as much memory as the device has for one. The limit belongs to the kernel, not to
/// a launch, so launches on several streams must not each set what they want.
template <class F>
cudaError_t allow_most_shared_memory() {
  static std::atomic<bool> done{false};
  if (done) return cudaSuccess;
  int device = 0, most = 0;
  cudaError_t status = cudaGetDevice(&device);
  if (status == cudaSuccess) status = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  if (status == cudaSuccess)
    status = cudaFuncSetAttribute(for_each_block_kernel<F>, cudaFuncAttributeMaxDynamicSharedMemorySize, most);
  done = status == cudaSuccess;
  return status;
}

template <class F>
void launch_blocks_cuda(Exec& exec, int blocks, const F& f, const char* name) {
  constexpr std::size_t kWithoutAsking = 48 << 10;
  const std::size_t bytes = f.shared_bytes();
  launch_or_throw(exec, name, [&] {
    if (bytes > kWithoutAsking)
      if (const cudaError_t status = allow_most_shared_memory<F>(); status != cudaSuccess) return status;
    for_each_block_kernel<<<unsigned(blocks), F::kThreads, bytes, static_cast<cudaStream_t>(exec.stream())>>>(f);
    return cudaGetLastError();
  });
}

}  // namespace nadir
