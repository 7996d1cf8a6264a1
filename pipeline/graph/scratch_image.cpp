// Positioned reads and writes of scratch images.
#include "pipeline/graph/scratch_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw Error(Fault::io, what + " " + path + ": " + std::strerror(errno));
}

void write_all(int file, const void* data, std::size_t bytes, std::size_t offset, const std::string& path) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = pwrite(file, p, bytes, off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("writing", path);
    p += n;
    offset += std::size_t(n);
    bytes -= std::size_t(n);
  }
}

void read_all(int file, void* data, std::size_t bytes, std::size_t offset, const std::string& path) {
  char* p = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = pread(file, p, bytes, off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("reading", path);
    p += n;
    offset += std::size_t(n);
    bytes -= std::size_t(n);
  }
}

}  // namespace

ScratchImage::ScratchImage(const std::string& path, Size size, int bands) : path_(path), size_(size), bands_(bands) {
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) fail("creating the scratch file", path);
  if (const int status = posix_fallocate(file_, 0, off_t(bytes(size, bands))); status != 0) {
    errno = status;
    close(file_);
    unlink(path.c_str());
    fail("reserving " + std::to_string(bytes(size, bands) >> 20) + " MiB for", path);
  }
}

ScratchImage::~ScratchImage() {
  close(file_);
  unlink(path_.c_str());
}

std::size_t ScratchImage::offset(int band, int x, int y, std::size_t sample_bytes) const {
  const std::size_t pixels = std::size_t(size_.width) * std::size_t(size_.height);
  const std::size_t pixel = std::size_t(y) * std::size_t(size_.width) + std::size_t(x);
  return std::size_t(band) * pixels * sizeof(float) + pixel * sample_bytes;
}

void ScratchImage::write(ConstTileView tile) {
  const Window w = tile.window;
  for (int y = w.y; y < w.bottom(); ++y) {
    for (int b = 0; b < bands_; ++b)
      write_all(file_, tile.band(b).row(y), std::size_t(w.width) * sizeof(float), offset(b, w.x, y, sizeof(float)),
                path_);
    write_all(file_, tile.mask().row(y), std::size_t(w.width), offset(bands_, w.x, y, 1), path_);
  }
}

void ScratchImage::read(TileView tile) const {
  const Window w = tile.window;
  for (int y = w.y; y < w.bottom(); ++y) {
    for (int b = 0; b < bands_; ++b)
      read_all(file_, tile.band(b).row(y), std::size_t(w.width) * sizeof(float), offset(b, w.x, y, sizeof(float)),
               path_);
    read_all(file_, tile.mask().row(y), std::size_t(w.width), offset(bands_, w.x, y, 1), path_);
  }
}

}  // namespace nadir
