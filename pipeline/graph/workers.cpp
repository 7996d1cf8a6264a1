// A oneTBB arena, and a budget with a queue.
#include "pipeline/graph/workers.h"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <exception>

#include "pipeline/core/pixel_memory.h"
#include "pipeline/graph/handoff.h"

namespace nadir {

void MemoryBudget::acquire(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  freed_.wait(lock, [&] { return fits(bytes); });
  --waiting_;
  used_ += bytes;
}

bool MemoryBudget::try_acquire(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (waiting_ > 0 || !fits(bytes)) return false;
  used_ += bytes;
  return true;
}

void MemoryBudget::release(std::size_t bytes) {
  {
    const std::scoped_lock lock(mutex_);
    used_ -= bytes;
  }
  freed_.notify_all();
}

bool MemoryBudget::has_waiters() const {
  const std::scoped_lock lock(mutex_);
  return waiting_ > 0;
}

struct Workers::Arena {
  explicit Arena(int threads)
      : allowed(tbb::global_control::max_allowed_parallelism, std::size_t(threads) + 1), arena(threads) {}
  tbb::global_control allowed;
  tbb::task_arena arena;
};

Workers::Workers(int threads, std::size_t tile_bytes)
    : Workers(threads, tile_bytes, [] { return std::make_unique<Exec>(Device::cuda); }) {}

Workers::Workers(int threads, std::size_t tile_bytes, ExecPool::Make make_device_exec)
    : threads_(threads),
      budget_(tile_bytes),
      device_(std::move(make_device_exec)),
      arena_(std::make_unique<Arena>(threads)) {
  set_pixel_memory_limit(tile_bytes);
}

Workers::~Workers() = default;

// An exception must not pass through the arena: oneTBB would cancel what other scenes do there.
void Workers::execute(const std::function<void()>& f) {
  std::exception_ptr failure;
  hand_over(&failure);
  arena_->arena.execute([&] {
    take_over(&failure);
    try {
      f();
    } catch (...) {
      failure = std::current_exception();
    }
    hand_over(&failure);
  });
  take_over(&failure);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace nadir
