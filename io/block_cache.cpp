// Keeping of decoded blocks.
#include "io/block_cache.h"

namespace nadir {

BlockCache& BlockCache::shared() {
  static BlockCache cache(std::size_t{64} << 20);
  return cache;
}

void BlockCache::set_limit(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
  make_room(0);
}

std::size_t BlockCache::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

std::size_t BlockCache::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

DecodedBlock BlockCache::get(const Key& key, std::size_t bytes, const Load& load) {
  {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto [at, is_new] = entries_.try_emplace(key);
      if (is_new) {
        make_room(bytes);
        at->second.bytes = bytes;
        held_ += bytes;
        break;
      }
      if (at->second.pixels) {
        ages_.splice(ages_.begin(), ages_, at->second.age);
        return at->second.pixels;
      }
      changed_.wait(lock);
    }
  }
  return fill(key, bytes, load);
}

DecodedBlock BlockCache::fill(const Key& key, std::size_t bytes, const Load& load) {
  try {
    const auto pixels = std::make_shared_for_overwrite<std::byte[]>(bytes);
    load(pixels.get());
    ++loads_;
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_.at(key);
    entry.pixels = pixels;
    entry.age = ages_.insert(ages_.begin(), key);
    changed_.notify_all();
    return pixels;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    held_ -= bytes;
    entries_.erase(key);
    changed_.notify_all();
    throw;
  }
}

void BlockCache::forget(std::uint64_t image) {
  const std::lock_guard lock(mutex_);
  auto entry = entries_.lower_bound({image, 0, 0});
  while (entry != entries_.end() && entry->first.image == image) entry = drop(entry);
}

// Blocks that a reader holds stay, since dropping them would free nothing.
void BlockCache::make_room(std::size_t bytes) {
  for (auto age = ages_.end(); age != ages_.begin() && held_ + bytes > limit_;) {
    const auto entry = entries_.find(*--age);
    if (entry->second.pixels.use_count() > 1) continue;
    ++age;
    drop(entry);
  }
}

BlockCache::Entries::iterator BlockCache::drop(Entries::iterator entry) {
  held_ -= entry->second.bytes;
  ages_.erase(entry->second.age);
  return entries_.erase(entry);
}

}  // namespace nadir
