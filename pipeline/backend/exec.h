// Where loops over pixels run, and the memory that they run in.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "pipeline/core/error.h"
#include "pipeline/core/image.h"

namespace nadir {

enum class Device { cpu, cuda };

/// There is a device, but no memory left on it: less at once may do, or the CPU.
class OutOfDeviceMemory : public Error {
 public:
  explicit OutOfDeviceMemory(std::string message) : Error(Fault::device, std::move(message)) {}
};

/// A place of execution, one a running tile. Not shared between threads.
class Exec {
 public:
  explicit Exec(Device device = Device::cpu);
  ~Exec();
  Exec(const Exec&) = delete;
  Exec& operator=(const Exec&) = delete;

  bool on_device() const { return device_ == Device::cuda; }
  void* stream() const { return stream_; }

  /// Calls body(0) … body(count - 1), in any order and on several threads, isolated: a thread that waits here picks up
  /// no other tile's work. Always on the CPU.
  void parallel(int count, const std::function<void(int)>& body) const;

  /// A table that kernels read: on the CPU the same memory, on a device a copy that lives until settle().
  const float* table(std::span<const float> host);

  /// Memory where the loops run; kept until `release`. Throws OutOfDeviceMemory when there is none.
  void* allocate(std::size_t bytes);
  void release(void* memory) noexcept;
  /// Allocations that would bring this Exec above so many bytes fail, on the CPU too: for tests of what happens then.
  void limit_memory(std::size_t bytes) { limit_ = bytes; }
  /// Between memory of the host and memory where the loops run, in either direction, after what was launched before.
  /// Waits until it is done, for CUDA promises of memory that is not pinned neither that it was read when a copy
  /// returns, nor that it was written.
  void copy(void* to, const void* from, std::size_t bytes);
  /// The same for rows of `bytes` bytes that begin so many bytes after each other.
  void copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t bytes, int rows);
  /// Waits until everything launched is done; failures of the device surface here.
  void finish();
  /// Waits, whatever comes of what was launched, and gives the tables back: before another tile uses this Exec.
  void settle() noexcept;
  /// Waits, and gives the device back what was released here and kept for later use: before another try for memory.
  void trim();

 private:
  void* take(std::size_t bytes);

  Device device_;
  void* stream_ = nullptr;
  std::vector<void*> tables_;
  std::size_t limit_ = 0;  ///< 0: none
  std::size_t taken_ = 0;  ///< bytes, counted where there is a limit
  std::map<void*, std::size_t> sizes_;
};

/// Uninitialised pixels where the loops run, for intermediate results.
class ScratchTile {
 public:
  ScratchTile(Exec& exec, const Window& window, int bands);
  ~ScratchTile();
  ScratchTile(const ScratchTile&) = delete;
  ScratchTile& operator=(const ScratchTile&) = delete;
  TileView view() const { return view_; }

 private:
  Exec& exec_;
  TileView view_;
};

/// Why no device can be used, in words without a full stop; empty when one can. The first call tries it.
std::string missing_device();

/// Throws Error(Fault::device) with that, and what to do, where no device can be used.
void require_device();

/// Name and memory of the device, for reports; empty without one.
std::string device_name();

}  // namespace nadir
