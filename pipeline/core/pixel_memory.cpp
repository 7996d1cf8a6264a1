// A list of free pieces, searched for one that is large enough and not much larger.
#include "pipeline/core/pixel_memory.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

namespace nadir {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kGranule = std::size_t{16} << 10;  // sizes are multiples, so that nearly equal tiles share pieces
constexpr std::size_t kWaste = 4;                        // a piece may be larger by a quarter

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kReuses = false;  // so that the sanitizer sees who uses a tile that is gone
#else
constexpr bool kReuses = true;
#endif

// Stands before every piece, in a line of cache of its own.
struct alignas(kAlignment) Head {
  std::size_t bytes = 0;
};

class Pool {
 public:
  void* take(std::size_t bytes) {
    bytes = (bytes + kGranule - 1) / kGranule * kGranule;
    Head* head = reuse(bytes);
    if (!head) {
      head = new (::operator new (sizeof(Head) + bytes, std::align_val_t{kAlignment})) Head;
      head->bytes = bytes;
    }
    const std::scoped_lock lock(mutex_);
    in_use_ += head->bytes;
    return head + 1;
  }

  void give(void* memory) noexcept {
    if (!memory) return;
    Head* head = static_cast<Head*>(memory) - 1;
    const std::scoped_lock lock(mutex_);
    in_use_ -= head->bytes;
    free_.push_back(head);
    kept_ += head->bytes;
    while (!free_.empty() && in_use_ + kept_ > limit_) drop_oldest();
  }

  void set_limit(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    limit_ = kReuses ? bytes : 0;
  }

  std::size_t in_use() {
    const std::scoped_lock lock(mutex_);
    return in_use_;
  }

 private:
  Head* reuse(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if ((*it)->bytes < bytes || (*it)->bytes > bytes + bytes / kWaste) continue;
      if (best == free_.end() || (*it)->bytes <= (*best)->bytes) best = it;  // the latest may still be in the cache
    }
    if (best == free_.end()) {
      while (!free_.empty() && in_use_ + kept_ + bytes > limit_) drop_oldest();
      return nullptr;
    }
    Head* head = *best;
    free_.erase(best);
    kept_ -= head->bytes;
    return head;
  }

  void drop_oldest() noexcept {
    kept_ -= free_.front()->bytes;
    ::operator delete (free_.front(), std::align_val_t{kAlignment});
    free_.erase(free_.begin());
  }

  std::mutex mutex_;
  std::vector<Head*> free_;  // oldest first
  std::size_t in_use_ = 0;
  std::size_t kept_ = 0;
  std::size_t limit_ = kReuses ? std::size_t{256} << 20 : 0;
};

// Never destroyed: tiles of static storage may outlive it.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

}  // namespace

void* take_pixel_memory(std::size_t bytes) { return pool().take(bytes); }
void give_pixel_memory(void* memory) noexcept { pool().give(memory); }
void set_pixel_memory_limit(std::size_t bytes) { pool().set_limit(bytes); }
std::size_t pixel_memory_in_use() { return pool().in_use(); }

}  // namespace nadir
