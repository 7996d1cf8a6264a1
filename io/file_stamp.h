// Whether a file is still the one that was opened.
#pragma once

#include <optional>
#include <string>

namespace nadir {

/// Place, size and time of change of a local file; says nothing of other paths (/vsi…), which are not watched.
class FileStamp {
 public:
  explicit FileStamp(const std::string& path);
  /// Throws Error where the file has gone, was replaced or was written since.
  void require_unchanged() const;

 private:
  struct Facts {
    unsigned long device, node;
    long long bytes;
    long long seconds, nanoseconds;  ///< of the last change
    friend bool operator==(const Facts&, const Facts&) = default;
  };
  static std::optional<Facts> look_at(const std::string& path);

  std::string path_;
  std::optional<Facts> facts_;
};

}  // namespace nadir
