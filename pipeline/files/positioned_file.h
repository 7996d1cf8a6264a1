// A file that many threads write and read at stated places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "pipeline/core/pixel_memory.h"

namespace nadir {

/// Owns a descriptor or memory. All failures are Error(Fault::io) with the path and the system's own words.
class PositionedFile {
 public:
  /// The file as it is. With `writable` it is made when it does not exist.
  PositionedFile(std::string path, bool writable);
  /// Zeros in memory instead of a file. `name` is its path.
  static PositionedFile in_memory(const std::string& name, std::uint64_t bytes);
  ~PositionedFile();
  PositionedFile(PositionedFile&& other) noexcept;
  PositionedFile& operator=(PositionedFile&&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const;
  /// All bytes of one in memory, empty for a real file.
  std::span<std::byte> memory() const { return {memory_.get(), memory_bytes_}; }
  void write(std::span<const std::byte> bytes, std::uint64_t offset) const;
  void read(std::span<std::byte> bytes, std::uint64_t offset) const;
  /// Cuts or extends the file; what is new reads as zeros.
  void resize(std::uint64_t bytes) const;
  /// Makes sure that the disk has room for the file's first `bytes` bytes.
  void reserve(std::uint64_t bytes) const;

 private:
  explicit PositionedFile(std::string path) : path_(std::move(path)) {}
  bool check_memory(std::size_t bytes, std::uint64_t offset) const;
  [[noreturn]] void fail(const std::string& action) const;

  std::string path_;
  int file_ = -1;
  PixelArray<std::byte> memory_;
  std::size_t memory_bytes_ = 0;
};

/// Makes a file of `bytes` bytes that starts with `head` and is reserved on disk, complete or not at all. Where several
/// processes try, the first one makes it and the others find it. Returns false when it was there before.
bool create_file(const std::string& path, std::span<const std::byte> head, std::uint64_t bytes);

}  // namespace nadir
