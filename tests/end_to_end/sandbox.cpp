// Running the program as a user does.
#include "tests/end_to_end/sandbox.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "io/io.h"
#include "stages/stages.h"

namespace nadir::test {

Sandbox::Sandbox() {
  static std::atomic<int> counter{0};
  dir_ = std::filesystem::temp_directory_path() /
         ("nadir_test_" + std::to_string(getpid()) + "_" + std::to_string(counter++));
  std::filesystem::create_directories(dir_);
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

Outcome Sandbox::shell(const std::string& command) const {
  const std::string line = "cd '" + dir_.string() + "' && { " + command + " ; } > .out 2> .err < /dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text(".out"), text(".err")};
}

Outcome Sandbox::nadir(const std::string& arguments) const { return shell("'" NADIR_PROGRAM "' " + arguments); }

std::string Sandbox::text(const std::string& name) const {
  std::ifstream file(dir_ / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

nlohmann::json Sandbox::json(const std::string& name) const {
  return nlohmann::json::parse(text(name), nullptr, false);
}

void Sandbox::write(const std::string& name, const std::string& text) const { std::ofstream(dir_ / name) << text; }

std::string config(const std::string& name) { return std::string(NADIR_SOURCE) + "/configs/" + name + ".yaml"; }

Registry everything() {
  std::vector<StageInfo> stages = io_stages();
  for (StageInfo& s : all_stages()) stages.push_back(std::move(s));
  return Registry(std::move(stages));
}

}  // namespace nadir::test
