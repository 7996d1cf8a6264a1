// Progress and messages for people, on stderr.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace nadir::app {

enum class LogFormat { text, json };

/// Text for people or one JSON object a line for machines. Progress is a bar on a terminal; elsewhere a line
/// whenever a second has passed without any.
class Log {
 public:
  Log(LogFormat format, bool quiet);
  void info(const std::string& message) { write("info", message); }
  void warning(const std::string& message) { write("warning", message); }
  void error(const std::string& message) { write("error", message); }
  /// `share` in [0, 1] of the step called `what`.
  void progress(const std::string& scene, const std::string& what, double share);

 private:
  void write(const char* level, const std::string& message);
  void clear_bar();

  LogFormat format_;
  bool quiet_;
  bool terminal_;
  bool colour_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();  ///< line, or change of the bar
  std::mutex mutex_;
};

}  // namespace nadir::app
