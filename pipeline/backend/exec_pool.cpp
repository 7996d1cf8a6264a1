// Execs that are used again.
#include "pipeline/backend/exec_pool.h"

namespace nadir {

std::unique_ptr<Exec> ExecPool::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Exec> exec = std::move(idle_.back());
      idle_.pop_back();
      return exec;
    }
  }
  return make_();
}

void ExecPool::give_back(std::unique_ptr<Exec> exec) noexcept {
  exec->settle();
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(exec));
}

}  // namespace nadir
