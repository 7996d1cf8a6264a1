// Words of commands that users copy into a shell.
#pragma once

#include <string>

namespace nadir::app {

/// The word as a POSIX shell takes it: in single quotes where it holds anything but plain letters, digits and
/// -_./=:,+@.
inline std::string shell_word(const std::string& word) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace nadir::app
