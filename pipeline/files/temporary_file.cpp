// Names that do not collide, and renaming.
#include "pipeline/files/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw Error(Fault::io, path + ": cannot be written: " + std::strerror(error));
}

// Processes of two containers may have the same number, and those of two machines too.
std::string name_of_own() {
  std::array<char, 33> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::random_device random;
  std::array<char, 100> name{};
  std::snprintf(name.data(), name.size(), ".part-%s-%d-%08x%08x", host.data(), int(::getpid()), random(), random());
  return name.data();
}

// 0, or why it failed.
int write_to_disk(const std::string& path, std::string_view bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(std::size_t(written));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(file) != 0) error = errno;
  ::close(file);
  return error;
}

}  // namespace

std::string make_temporary_file(const std::string& path) {
  for (;;) {
    const std::string name = path + name_of_own();
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file >= 0) {
      ::close(file);
      return name;
    }
    if (errno != EEXIST) fail(path, errno);
  }
}

void write_file_at_once(const std::string& path, std::string_view bytes) {
  const std::string unfinished = make_temporary_file(path);
  int error = write_to_disk(unfinished, bytes);
  if (error == 0 && std::rename(unfinished.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(unfinished.c_str());
  fail(path, error);
}

}  // namespace nadir
