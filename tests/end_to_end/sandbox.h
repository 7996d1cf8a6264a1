// A folder that is gone after the test, the program run in it, and the files that it left.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/core/registry.h"

namespace nadir::test {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  /// Runs the built program with these arguments, as a shell would take them.
  Outcome nadir(const std::string& arguments) const;
  Outcome shell(const std::string& command) const;
  nlohmann::json json(const std::string& name) const;
  std::string text(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path dir_;
};

/// A config that is shipped.
std::string config(const std::string& name);
/// Every stage of the program.
Registry everything();

}  // namespace nadir::test
