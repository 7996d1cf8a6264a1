// Arrays where the loops run.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

/// Uninitialised numbers or plain structs in the memory of an Exec, which it must not outlive.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer(Exec& exec, std::size_t count)
      : exec_(exec),
        count_(count),
        data_(static_cast<T*>(exec.allocate(std::max<std::size_t>(1, count) * sizeof(T)))) {}
  Buffer(Exec& exec, std::span<const T> host) : Buffer(exec, host.size()) { upload(host); }
  Buffer(Exec& exec, const std::vector<T>& host) : Buffer(exec, std::span<const T>(host)) {}
  ~Buffer() { exec_.release(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() const { return data_; }
  std::size_t size() const { return count_; }
  /// As many as there are in `host`, at most size().
  void upload(std::span<const T> host) { exec_.copy(data_, host.data(), host.size_bytes()); }
  std::vector<T> download() const {
    std::vector<T> host(count_);
    exec_.copy(host.data(), data_, count_ * sizeof(T));
    return host;
  }

 private:
  Exec& exec_;
  std::size_t count_;
  T* data_;
};

/// Room for some of many things that can be worked on one part after the other.
template <class T>
struct Portion {
  int count;  ///< how many things there is room for
  std::unique_ptr<Buffer<T>> room;
};

/// Room for `wanted` things of `each` entries, or for half as many, a quarter, … where there is no memory for them.
/// Throws OutOfDeviceMemory where there is none for one.
template <class T>
Portion<T> allocate_what_fits(Exec& exec, int wanted, std::size_t each) {
  for (int count = wanted;; count = ceil_div(count, 2)) {
    try {
      return {count, std::make_unique<Buffer<T>>(exec, std::size_t(count) * each)};
    } catch (const OutOfDeviceMemory&) {
      if (count <= 1) throw;
    }
  }
}

}  // namespace nadir
