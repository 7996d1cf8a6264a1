// Threads and memory behind Exec. Compiled with the CUDA runtime where it was found, without it elsewhere.
#include "pipeline/backend/exec.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "pipeline/core/error.h"

#if defined(NADIR_HAVE_TBB)
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif
#if defined(NADIR_HAVE_CUDA)
#include "pipeline/backend/cuda_check.h"
#endif

namespace nadir {
namespace {

#if defined(NADIR_HAVE_CUDA)
constexpr const char* kCopying = "copying to or from the CUDA device";

cudaStream_t cuda(void* stream) { return static_cast<cudaStream_t>(stream); }

cudaMemPool_t memory_pool() {
  cudaMemPool_t pool = nullptr;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "finding the CUDA device");
  check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "finding the memory pool of the CUDA device");
  return pool;
}

// What is given back stays with the program: by default the driver takes it at every synchronisation.
void keep_device_memory() {
  static const bool done = [] {
    std::uint64_t most = ~std::uint64_t{0};
    check_cuda(cudaMemPoolSetAttribute(memory_pool(), cudaMemPoolAttrReleaseThreshold, &most),
               "setting up the CUDA memory pool");
    return true;
  }();
  static_cast<void>(done);
}
#endif

constexpr std::size_t kAlignment = 64;

void* allocate_host(std::size_t bytes) { return ::operator new (bytes, std::align_val_t{kAlignment}); }

}  // namespace

Exec::Exec(Device device) : device_(device) {
  if (device != Device::cuda) return;
  require_device();
#if defined(NADIR_HAVE_CUDA)
  keep_device_memory();
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a CUDA stream");
  stream_ = stream;
#endif
}

Exec::~Exec() {
  settle();
#if defined(NADIR_HAVE_CUDA)
  if (stream_) cudaStreamDestroy(cuda(stream_));
#endif
}

void Exec::settle() noexcept {
#if defined(NADIR_HAVE_CUDA)
  if (on_device() && cudaStreamSynchronize(cuda(stream_)) != cudaSuccess) cudaGetLastError();
#endif
  for (void* t : tables_) release(t);
  tables_.clear();
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
  if (limit_ == 0) return take(bytes);
  if (bytes > limit_ - std::min(limit_, taken_))
    throw OutOfDeviceMemory("no memory for " + std::to_string(bytes) + " bytes more");
  void* memory = take(bytes);
  if (!on_device()) std::memset(memory, 0xa5, bytes);  // tests shall see what reads memory before it is written
  sizes_[memory] = bytes;
  taken_ += bytes;
  return memory;
}

void* Exec::take(std::size_t bytes) {
  if (!on_device()) return allocate_host(bytes);
#if defined(NADIR_HAVE_CUDA)
  void* memory = nullptr;
  const std::string what =
      "no device memory for " + std::to_string((bytes >> 20) + 1) + " MiB; use a smaller run.tile, or --device cpu";
  check_cuda(cudaMallocAsync(&memory, bytes, cuda(stream_)), what.c_str());
  return memory;
#else
  require_device();
  return nullptr;
#endif
}

void Exec::release(void* memory) noexcept {
  if (!memory) return;
  if (const auto known = sizes_.find(memory); known != sizes_.end()) {
    taken_ -= known->second;
    sizes_.erase(known);
  }
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
  if (on_device()) check_cuda(cudaStreamSynchronize(cuda(stream_)), "running on the CUDA device");
#endif
}

void Exec::trim() {
  finish();
#if defined(NADIR_HAVE_CUDA)
  if (on_device()) check_cuda(cudaMemPoolTrimTo(memory_pool(), 0), "giving back memory of the CUDA device");
#endif
}

void Exec::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  if (!on_device()) {
    std::memcpy(to, from, bytes);
    return;
  }
#if defined(NADIR_HAVE_CUDA)
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cuda(stream_)), kCopying);
  finish();
#endif
}

void Exec::copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t bytes,
                     int rows) {
  if (bytes == 0 || rows <= 0) return;
  if (!on_device()) {
    for (std::size_t r = 0; r < std::size_t(rows); ++r)
      std::memcpy(static_cast<std::byte*>(to) + r * to_pitch, static_cast<const std::byte*>(from) + r * from_pitch,
                  bytes);
    return;
  }
#if defined(NADIR_HAVE_CUDA)
  check_cuda(
      cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, bytes, std::size_t(rows), cudaMemcpyDefault, cuda(stream_)),
      kCopying);
  finish();
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

}  // namespace nadir
