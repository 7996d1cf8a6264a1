// Decoded pixels of all open images, held up to a number of bytes.
#pragma once

#include <atomic>
#include <compare>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace nadir {

using DecodedBlock = std::shared_ptr<const std::byte[]>;

/// Neighbouring tiles and several threads ask for the same block; it is decoded once while it can be kept. What has not
/// been asked for the longest goes first. A block larger than the limit is held alone.
class BlockCache {
 public:
  struct Key {
    std::uint64_t image = 0;
    int plane = 0;
    std::uint64_t block = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Load = std::function<void(std::byte*)>;

  explicit BlockCache(std::size_t limit_bytes) : limit_(limit_bytes) {}

  /// The cache of the process.
  static BlockCache& shared();

  void set_limit(std::size_t bytes);
  std::size_t limit() const;
  std::size_t held() const;
  /// How many blocks were decoded since the process began.
  std::int64_t loads() const { return loads_; }
  /// A number for Key::image that no other image has.
  std::uint64_t new_image() { return ++images_; }
  /// The block, filled by `load` where it is not held. While one thread loads, others that want the block wait; where
  /// loading throws, the next one tries again.
  DecodedBlock get(const Key& key, std::size_t bytes, const Load& load);
  /// Drops the blocks of an image, of which none is being loaded.
  void forget(std::uint64_t image);

 private:
  struct Entry {
    std::size_t bytes = 0;
    DecodedBlock pixels;  ///< empty while it is loaded
    std::list<Key>::iterator age;
  };
  using Entries = std::map<Key, Entry>;
  DecodedBlock fill(const Key& key, std::size_t bytes, const Load& load);
  void make_room(std::size_t bytes);
  Entries::iterator drop(Entries::iterator entry);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t limit_;
  std::size_t held_ = 0;
  std::atomic<std::uint64_t> images_{0};
  std::atomic<std::int64_t> loads_{0};
  Entries entries_;
  std::list<Key> ages_;  ///< of loaded blocks, the latest asked for first
};

}  // namespace nadir
