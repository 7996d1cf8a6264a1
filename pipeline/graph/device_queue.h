// The device as all scenes of a run share it.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "pipeline/backend/exec_pool.h"

namespace nadir {

/// Tiles that a device works on at once: the pixels of one are on their way while another one is computed.
constexpr int kDeviceStreams = 2;

/// Places on the device, taken in the order of asking. Who waits for one holds no thread.
class DeviceQueue {
 public:
  explicit DeviceQueue(ExecPool::Make make) : execs_(std::move(make)) {}

  /// Calls `go`, which must only pass work on: now where a place is free, else from the thread that leaves one.
  void enter(std::function<void()> go);
  /// Gives back the place that a piece of work had.
  void leave();
  /// The Execs of those who have a place.
  ExecPool& execs() { return execs_; }

 private:
  ExecPool execs_;
  std::mutex mutex_;
  int free_ = kDeviceStreams;
  std::deque<std::function<void()>> waiting_;
};

/// The place that an entered piece of work has; or none, where it entered no queue. Left at the end, if not before.
class DevicePlace {
 public:
  explicit DevicePlace(DeviceQueue* queue) : queue_(queue) {}
  ~DevicePlace() { leave(); }
  DevicePlace(const DevicePlace&) = delete;
  DevicePlace& operator=(const DevicePlace&) = delete;

  explicit operator bool() const { return queue_ != nullptr; }
  ExecPool& execs() const { return queue_->execs(); }
  void leave() {
    if (queue_) std::exchange(queue_, nullptr)->leave();
  }

 private:
  DeviceQueue* queue_;
};

}  // namespace nadir
