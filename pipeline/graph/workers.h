// The threads, the bytes and the device that all scenes of a run share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "pipeline/graph/device_queue.h"

namespace nadir {

/// Bytes that tiles in flight may take together.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) : total_(bytes) {}

  /// Waits until the bytes are free. What is larger than the whole budget is let through alone.
  void acquire(std::size_t bytes);
  /// Not where somebody waits: who comes later must not starve who came earlier.
  bool try_acquire(std::size_t bytes);
  void release(std::size_t bytes);
  bool has_waiters() const;

 private:
  bool fits(std::size_t bytes) const { return used_ == 0 || used_ + bytes <= total_; }

  const std::size_t total_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t used_ = 0;
  int waiting_ = 0;
};

/// One arena of threads. Several threads of the program may bring work at once, a scene each; together they and the
/// arena's own threads are never more than `threads` at work.
class Workers {
 public:
  Workers(int threads, std::size_t tile_bytes);
  /// With another maker of the device's Execs, for tests.
  Workers(int threads, std::size_t tile_bytes, ExecPool::Make make_device_exec);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int threads() const { return threads_; }
  MemoryBudget& budget() { return budget_; }
  DeviceQueue& device() { return device_; }
  /// Runs f in the arena and waits for it; what it throws is thrown here.
  void execute(const std::function<void()>& f);

 private:
  struct Arena;

  int threads_;
  MemoryBudget budget_;
  DeviceQueue device_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace nadir
