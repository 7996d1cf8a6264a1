// The one exception of running code, and the list of complaints about a config.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace nadir {

/// What kind of thing went wrong; the values are the program's exit codes.
enum class Fault {
  scenes = 1,        ///< some scenes failed, the others are complete
  usage = 64,        ///< wrong command line
  data = 65,         ///< input data that cannot be used
  missing = 66,      ///< an input that is not there
  internal = 70,     ///< a broken promise inside the program
  device = 69,       ///< the device asked for is not available
  io = 74,           ///< reading or writing failed (disk full)
  interrupted = 75,  ///< stopped by the user: run again to resume
  config = 78        ///< bad config
};

/// A failure while running. Frames ("stage sharp, window 512,0 512x512") are added while it unwinds, innermost first.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, std::string message);
  Fault fault() const { return fault_; }
  Error& add_frame(std::string frame);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Fault fault_;
  std::string text_;
};

/// Where in a config text something stands; line 0 means the command line.
struct Place {
  int line = 0;
  int column = 0;
};

/// One complaint about a config, complete in itself: place, path, what is wrong, what is allowed, what to do.
struct Diagnostic {
  Place place;
  std::string path;     ///< as in /graph/sharp/sigma_px
  std::string message;  ///< one sentence with the offending value and the allowed ones
};

/// Thrown when a config cannot be used; carries every complaint, not only the first.
class ConfigError : public Error {
 public:
  ConfigError(std::string file, std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// One line a diagnostic: `file:line:column: message (path)`.
std::string to_text(const std::string& file, const Diagnostic& d);

/// The only candidate that begins with the word, else the nearest one by edit distance; empty when none is near.
std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace nadir
