// Positioned reads and writes, repeated until they are complete.
#include "pipeline/files/positioned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "pipeline/core/error.h"
#include "pipeline/files/temporary_file.h"

namespace nadir {

PositionedFile::PositionedFile(std::string path, bool writable) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), (writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0644);
  if (file_ < 0) fail("opening");
}

PositionedFile PositionedFile::in_memory(const std::string& name, std::uint64_t bytes) {
  PositionedFile file(name);
  file.memory_ = make_pixel_array<std::byte>(bytes);
  file.memory_bytes_ = bytes;
  std::memset(file.memory_.get(), 0, bytes);
  return file;
}

PositionedFile::PositionedFile(PositionedFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      memory_(std::move(other.memory_)),
      memory_bytes_(std::exchange(other.memory_bytes_, 0)) {}

PositionedFile::~PositionedFile() {
  if (file_ >= 0) ::close(file_);
}

void PositionedFile::fail(const std::string& action) const {
  throw Error(Fault::io, path_ + ": " + action + " failed: " + std::strerror(errno));
}

// True when there is memory, which then holds the range.
bool PositionedFile::check_memory(std::size_t bytes, std::uint64_t offset) const {
  if (!memory_) return false;
  if (offset > memory_bytes_ || bytes > memory_bytes_ - offset)
    throw Error(Fault::internal, path_ + ": has no byte " + std::to_string(offset + bytes));
  return true;
}

std::uint64_t PositionedFile::size() const {
  if (memory_) return memory_bytes_;
  struct stat status {};
  if (::fstat(file_, &status) != 0) fail("looking at the size");
  return std::uint64_t(status.st_size);
}

void PositionedFile::write(std::span<const std::byte> bytes, std::uint64_t offset) const {
  if (check_memory(bytes.size(), offset)) {
    std::memcpy(memory_.get() + offset, bytes.data(), bytes.size());
    return;
  }
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_, bytes.data(), bytes.size(), off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("writing");
    bytes = bytes.subspan(std::size_t(n));
    offset += std::uint64_t(n);
  }
}

void PositionedFile::read(std::span<std::byte> bytes, std::uint64_t offset) const {
  if (check_memory(bytes.size(), offset)) {
    std::memcpy(bytes.data(), memory_.get() + offset, bytes.size());
    return;
  }
  while (!bytes.empty()) {
    const ssize_t n = ::pread(file_, bytes.data(), bytes.size(), off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) throw Error(Fault::io, path_ + ": ends too early; was it cut by another program?");
    if (n < 0) fail("reading");
    bytes = bytes.subspan(std::size_t(n));
    offset += std::uint64_t(n);
  }
}

void PositionedFile::resize(std::uint64_t bytes) const {
  if (::ftruncate(file_, off_t(bytes)) != 0) fail("changing the size");
}

void PositionedFile::reserve(std::uint64_t bytes) const {
  if (bytes == 0) return;
  errno = ::posix_fallocate(file_, 0, off_t(bytes));
  if (errno != 0) fail("reserving " + std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB on disk");
}

bool create_file(const std::string& path, std::span<const std::byte> head, std::uint64_t bytes) {
  const std::string unfinished = make_temporary_file(path);
  struct Remove {
    const std::string& path;
    ~Remove() { ::unlink(path.c_str()); }
  } const remove{unfinished};
  {
    const PositionedFile file(unfinished, true);
    file.reserve(bytes);
    file.write(head, 0);
  }
  if (::link(unfinished.c_str(), path.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  throw Error(Fault::io, path + ": cannot be created: " + std::strerror(errno));
}

}  // namespace nadir
