// Where loops over pixels run, and the memory that they run in.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "pipeline/core/image.h"

namespace nadir {

enum class Device { cpu, cuda };

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

  /// A table that kernels read: on the CPU the same memory, on a device a copy that lives as long as this Exec.
  const float* table(std::span<const float> host);

  /// Memory where the loops run; kept until `release`. Throws Error(Fault::device) when there is none.
  void* allocate(std::size_t bytes);
  void release(void* memory) noexcept;
  /// Waits until everything launched is done; failures of the device surface here.
  void finish();

 private:
  friend class DeviceTile;

  void copy(void* to, const void* from, std::size_t bytes);

  Device device_;
  void* stream_ = nullptr;
  std::vector<void*> tables_;
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

/// Why `--device cuda` cannot be had, in one sentence; empty when a device is there.
std::string missing_device();

/// Name and memory of the device, for reports; empty without one.
std::string device_name();

}  // namespace nadir
