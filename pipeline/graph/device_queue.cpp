// A semaphore whose waiters are pieces of work instead of threads.
#include "pipeline/graph/device_queue.h"

namespace nadir {

void DeviceQueue::enter(std::function<void()> go) {
  {
    const std::scoped_lock lock(mutex_);
    if (free_ == 0) return waiting_.push_back(std::move(go));
    --free_;
  }
  go();
}

void DeviceQueue::leave() {
  std::function<void()> next;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next();
}

}  // namespace nadir
