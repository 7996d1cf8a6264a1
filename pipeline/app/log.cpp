// Messages and progress on stderr.
#include "pipeline/app/log.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace nadir::app {

Log::Log(LogFormat format, bool quiet)
    : format_(format),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      colour_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

void Log::clear_bar() {
  if (bar_shown_) std::fputs("\r\033[K", stderr);
  bar_shown_ = false;
}

void Log::write(const char* level, const std::string& message) {
  if (quiet_ && std::string(level) == "info") return;
  const std::scoped_lock lock(mutex_);
  last_ = std::chrono::steady_clock::now();
  clear_bar();
  if (format_ == LogFormat::json) {
    const nlohmann::ordered_json line{{"level", level}, {"message", message}};
    std::fprintf(stderr, "%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return;
  }
  const std::string name = level;
  const char* paint = !colour_ ? "" : name == "error" ? "\033[31m" : name == "warning" ? "\033[33m" : "";
  const char* plain = *paint ? "\033[0m" : "";
  std::fprintf(stderr, "%s%s%s%s\n", paint, name == "info" ? "" : (name + ": ").c_str(), message.c_str(), plain);
}

void Log::progress(const std::string& scene, const std::string& what, double share) {
  if (quiet_) return;
  const std::scoped_lock lock(mutex_);
  const bool bar = terminal_ && format_ == LogFormat::text;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(bar ? 50 : 1000)) return;
  last_ = now;
  const int percent = int(share * 100);
  if (bar) {
    std::string filled(20, ' ');
    filled.replace(0, std::size_t(share * 20), std::size_t(share * 20), '#');
    std::fprintf(stderr, "\r\033[K[%s] %3d %%  %s: %s", filled.c_str(), percent, scene.c_str(), what.c_str());
    bar_shown_ = true;
  } else if (format_ == LogFormat::json) {
    const nlohmann::ordered_json line{{"level", "progress"}, {"scene", scene}, {"step", what}, {"share", share}};
    std::fprintf(stderr, "%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::fprintf(stderr, "%s: %s %d %%\n", scene.c_str(), what.c_str(), percent);
  }
}

}  // namespace nadir::app
