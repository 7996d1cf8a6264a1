// What calls of the CUDA runtime return, as exceptions.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "pipeline/backend/exec.h"

namespace nadir {

/// Throws OutOfDeviceMemory or Error(Fault::device), saying what was done, unless it went well.
inline void check_cuda(cudaError_t status, const char* doing, const char* what = "") {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // the next launch shall not be blamed for it
  const std::string text = std::string(doing) + what + ": " + cudaGetErrorString(status);
  if (status == cudaErrorMemoryAllocation) throw OutOfDeviceMemory(text);
  throw Error(Fault::device, text);
}

}  // namespace nadir
