// The CUDA side of for_each: one thread a pixel, bands along the grid's z axis.
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
void launch_cuda(Exec& exec, int bands, const Window& window, const F& f, const char* name) {
  if (window.empty() || bands <= 0) return;
  const dim3 block(32, 8, 1);
  const dim3 grid(unsigned(ceil_div(window.width, 32)), unsigned(ceil_div(window.height, 8)), unsigned(bands));
  for_each_kernel<<<grid, block, 0, static_cast<cudaStream_t>(exec.stream())>>>(window, f);
  if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess)
    throw Error(Fault::device, std::string("launching ") + name + ": " + cudaGetErrorString(status));
}

}  // namespace nadir
