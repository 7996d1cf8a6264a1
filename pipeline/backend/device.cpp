// Whether there is a device that can be used. Compiled as CUDA in a CUDA build.
#include "pipeline/backend/exec.h"

#if defined(NADIR_HAVE_CUDA)
#include "pipeline/backend/launch_cuda.cuh"
#endif

namespace nadir {

#if defined(NADIR_HAVE_CUDA)
/// The least that a device can be asked.
struct WriteZero {
  float* out;
  HD void operator()(int, int x, int) const { out[x] = 0; }
};

namespace {

constexpr int kLeastMajor = 8;  // what code is made for, see CMAKE_CUDA_ARCHITECTURES

int attribute(cudaDeviceAttr which) {
  int device = 0, value = 0;
  check_cuda(cudaGetDevice(&device), "finding the CUDA device");
  check_cuda(cudaDeviceGetAttribute(&value, which, device), "asking the CUDA device what it can");
  return value;
}

// A context, a stream, memory and a kernel: a device that others hold, that is full, or whose driver does not take the
// program's code fails here.
void use_device() {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a CUDA stream");
  void* memory = nullptr;
  cudaError_t status = cudaMallocAsync(&memory, sizeof(float), stream);
  if (status == cudaSuccess) {
    for_each_kernel<<<1, 1, 0, stream>>>(Window{0, 0, 1, 1}, WriteZero{static_cast<float*>(memory)});
    status = cudaGetLastError();
  }
  if (memory) cudaFreeAsync(memory, stream);
  if (status == cudaSuccess) status = cudaStreamSynchronize(stream);
  cudaStreamDestroy(stream);
  check_cuda(status, "running a first kernel");
}

std::string find_fault() {
  try {
    int count = 0;
    check_cuda(cudaGetDeviceCount(&count), "looking for devices");
    if (count == 0) return "no CUDA device was found";
    const int major = attribute(cudaDevAttrComputeCapabilityMajor);
    if (major < kLeastMajor)
      return "the CUDA device is of compute capability " + std::to_string(major) + "." +
             std::to_string(attribute(cudaDevAttrComputeCapabilityMinor)) + ", but " + std::to_string(kLeastMajor) +
             ".0 is needed";
    if (attribute(cudaDevAttrMemoryPoolsSupported) == 0) return "the CUDA device has no memory pools";
    use_device();
    return "";
  } catch (const Error& e) {
    return std::string("no CUDA device can be used here (") + e.what() + ")";
  }
}

}  // namespace
#endif

std::string missing_device() {
#if defined(NADIR_HAVE_CUDA)
  static const std::string fault = find_fault();
  return fault;
#else
  return "this nadir was built without CUDA";
#endif
}

void require_device() {
  if (const std::string why = missing_device(); !why.empty())
    throw Error(Fault::device, why + "; use --device cpu or auto");
}

std::string device_name() {
#if defined(NADIR_HAVE_CUDA)
  cudaDeviceProp properties{};
  if (missing_device().empty() && cudaGetDeviceProperties(&properties, 0) == cudaSuccess)
    return std::string(properties.name) + ", " + std::to_string(properties.totalGlobalMem >> 30) + " GiB";
#endif
  return "";
}

}  // namespace nadir
