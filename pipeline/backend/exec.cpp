// Threads and memory behind Exec. Compiled with the CUDA runtime where it was found, without it elsewhere.
#include "pipeline/backend/exec.h"

#include <cstdlib>
#include <new>

#include "pipeline/core/error.h"

#if defined(NADIR_HAVE_TBB)
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif
#if defined(NADIR_HAVE_CUDA)
#include <cuda_runtime_api.h>
#endif

namespace nadir {
namespace {

#if defined(NADIR_HAVE_CUDA)
void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw Error(Fault::device, std::string(what) + ": " + cudaGetErrorString(status));
}
cudaStream_t cuda(void* stream) { return static_cast<cudaStream_t>(stream); }
#endif

constexpr std::size_t kAlignment = 64;

void* allocate_host(std::size_t bytes) { return ::operator new (bytes, std::align_val_t{kAlignment}); }

}  // namespace

Exec::Exec(Device device) : device_(device) {
  if (device != Device::cuda) return;
  if (const std::string why = missing_device(); !why.empty()) throw Error(Fault::device, why);
#if defined(NADIR_HAVE_CUDA)
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a CUDA stream");
  stream_ = stream;
#endif
}

Exec::~Exec() {
  for (void* t : tables_) release(t);
#if defined(NADIR_HAVE_CUDA)
  if (stream_) cudaStreamDestroy(cuda(stream_));
#endif
}

void Exec::parallel(int count, const std::function<void(int)>& body) const {
#if defined(NADIR_HAVE_TBB)
  tbb::this_task_arena::isolate([&] { tbb::parallel_for(0, count, body); });
#else
  for (int i = 0; i < count; ++i) body(i);
#endif
}

const float* Exec::table(std::span<const float> host) {
  if (!on_device()) return host.data();
  void* memory = allocate(host.size_bytes());
  tables_.push_back(memory);
  copy(memory, host.data(), host.size_bytes());
  return static_cast<const float*>(memory);
}

void* Exec::allocate(std::size_t bytes) {
  if (!on_device()) return allocate_host(bytes);
#if defined(NADIR_HAVE_CUDA)
  void* memory = nullptr;
  const cudaError_t status = cudaMallocAsync(&memory, bytes, cuda(stream_));
  if (status != cudaSuccess)
    throw Error(Fault::device, "no device memory for " + std::to_string(bytes >> 20) +
                                   " MiB: " + cudaGetErrorString(status) + "; use a smaller run.tile or --device cpu");
  return memory;
#else
  throw Error(Fault::device, missing_device());
#endif
}

void Exec::release(void* memory) noexcept {
  if (!memory) return;
  if (!on_device()) {
    ::operator delete (memory, std::align_val_t{kAlignment});
    return;
  }
#if defined(NADIR_HAVE_CUDA)
  cudaFreeAsync(memory, cuda(stream_));
#endif
}

void Exec::finish() {
#if defined(NADIR_HAVE_CUDA)
  if (on_device()) check(cudaStreamSynchronize(cuda(stream_)), "running on the CUDA device");
#endif
}

void Exec::copy([[maybe_unused]] void* to, [[maybe_unused]] const void* from, [[maybe_unused]] std::size_t bytes) {
#if defined(NADIR_HAVE_CUDA)
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cuda(stream_)), "copying to or from the CUDA device");
#endif
}

ScratchTile::ScratchTile(Exec& exec, const Window& window, int bands) : exec_(exec) {
  const std::size_t pixels = std::size_t(window.area());
  auto* memory = static_cast<std::byte*>(exec.allocate(std::max<std::size_t>(1, Tile::bytes(window, bands))));
  view_ = {reinterpret_cast<float*>(memory),
           reinterpret_cast<std::uint8_t*>(memory + pixels * std::size_t(bands) * sizeof(float)),
           window.width,
           std::ptrdiff_t(pixels),
           bands,
           window};
}

ScratchTile::~ScratchTile() { exec_.release(view_.samples); }

std::string missing_device() {
#if defined(NADIR_HAVE_CUDA)
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess)
    return std::string("no CUDA device can be used here (") + cudaGetErrorString(status) +
           "); use --device cpu or auto";
  return count > 0 ? "" : "no CUDA device was found; use --device cpu or auto";
#else
  return "this nadir was built without CUDA; build it with the CUDA toolkit, or use --device cpu";
#endif
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
