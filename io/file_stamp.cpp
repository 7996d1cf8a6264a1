// A look at the file system.
#include "io/file_stamp.h"

#include <sys/stat.h>

#include "pipeline/core/error.h"

namespace nadir {

FileStamp::FileStamp(const std::string& path) : path_(path), facts_(look_at(path)) {}

std::optional<FileStamp::Facts> FileStamp::look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Facts{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void FileStamp::require_unchanged() const {
  if (!facts_) return;
  const auto now = look_at(path_);
  if (!now) throw Error(Fault::missing, path_ + ": has gone while it was read");
  if (*now != *facts_) throw Error(Fault::data, path_ + ": was changed while it was read");
}

}  // namespace nadir
