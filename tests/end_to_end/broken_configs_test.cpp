// Configs with planted faults: each line says in a comment what must be complained about there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "pipeline/graph/config.h"
#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::everything;

std::multimap<int, std::string> planted_faults(const std::string& path) {
  std::multimap<int, std::string> faults;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string mark = "# expect: ";
    for (std::size_t at = line.find(mark); at != std::string::npos;) {
      const std::size_t next = line.find(mark, at + 1);
      std::string text = line.substr(at + mark.size(), next == std::string::npos ? next : next - at - mark.size());
      while (!text.empty() && text.back() == ' ') text.pop_back();
      faults.emplace(number, text);
      at = next;
    }
  }
  return faults;
}

class BrokenConfigs : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenConfigs, every_planted_fault_is_found_and_nothing_else) {
  const std::string path = std::string(NADIR_SOURCE) + "/tests/data/broken/" + GetParam();
  std::multimap<int, std::string> missing = planted_faults(path);
  ASSERT_FALSE(missing.empty());
  try {
    load_graph(path, everything());
    FAIL() << "the config was accepted";
  } catch (const ConfigError& e) {
    for (const Diagnostic& d : e.diagnostics()) {
      const auto [first, last] = missing.equal_range(d.place.line);
      const auto hit =
          std::find_if(first, last, [&](const auto& f) { return d.message.find(f.second) != std::string::npos; });
      if (hit == last)
        ADD_FAILURE() << "not planted: " << to_text(path, d);
      else
        missing.erase(hit);
    }
  }
  for (const auto& [line, text] : missing) ADD_FAILURE() << path << ":" << line << ": nobody said: " << text;
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenConfigs,
                         ::testing::Values("names.yaml", "values.yaml", "wiring.yaml", "structure.yaml"));

TEST(ShippedConfigs, are_all_valid) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(NADIR_SOURCE) + "/configs")) {
    if (entry.path().extension() != ".yaml") continue;
    std::vector<std::string> required;
    if (entry.path().stem().string().starts_with("apply_")) required.push_back("model.path=model.model");
    EXPECT_NO_THROW(load_graph(entry.path().string(), everything(), required)) << entry.path();
  }
}

}  // namespace
}  // namespace nadir
