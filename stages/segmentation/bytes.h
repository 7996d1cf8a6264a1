// Numbers, texts and lists as bytes and back: the inside of model files. Little-endian, no padding.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pipeline/core/error.h"
#include "pipeline/core/value.h"

namespace nadir {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

class ByteWriter {
 public:
  template <class T>
  requires std::is_arithmetic_v<T>
  void put(T value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(const std::string& text);
  void put(const std::vector<std::string>& texts);
  void put(const Record& record);
  template <class T>
  requires std::is_arithmetic_v<T>
  void put(const std::vector<T>& items) {
    put(std::uint64_t(items.size()));
    bytes_.append(reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Takes things out in the order in which they were put in. Throws Error(Fault::data) when the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}
  template <class T>
  requires std::is_arithmetic_v<T> T take() {
    T value;
    std::memcpy(&value, take_bytes(sizeof value).data(), sizeof value);
    return value;
  }
  std::string take_text();
  std::vector<std::string> take_texts();
  Record take_record();
  template <class T>
  requires std::is_arithmetic_v<T> std::vector<T> take_list() {
    const std::size_t count = take_count(sizeof(T));
    std::vector<T> items(count);
    if (count > 0) std::memcpy(items.data(), take_bytes(count * sizeof(T)).data(), count * sizeof(T));
    return items;
  }
  /// A number of items of at least `item_bytes` bytes each, so never more than there can be.
  std::size_t take_count(std::size_t item_bytes);
  bool empty() const { return left_.empty(); }

 private:
  std::string_view take_bytes(std::size_t count);

  std::string_view left_;
};

/// All of a file; `what` it should be. Throws Error(Fault::missing) where there is none, Error(Fault::io) where it
/// cannot be read.
std::string file_bytes(const std::string& path, const std::string& what);

/// 64 bits that change with every byte.
std::uint64_t checksum(std::string_view bytes);

}  // namespace nadir
