#include "pipeline/files/temporary_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "pipeline/core/error.h"
#include "pipeline/files/positioned_file.h"
#include "pipeline/graph/record_file.h"
#include "tests/support/temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class TemporaryFile : public test::TemporaryFolder {
 protected:
  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  std::string text(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(dir_ / name).rdbuf();
    return text.str();
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(dir_), fs::directory_iterator()); }
};

TEST_F(TemporaryFile, has_a_name_of_its_own_every_time) {
  const std::string one = make_temporary_file(path("a"));
  EXPECT_NE(make_temporary_file(path("a")), one);
  EXPECT_NE(one.find("-" + std::to_string(::getpid()) + "-"), std::string::npos) << one;
  EXPECT_EQ(files(), 2);
}

TEST_F(TemporaryFile, leaves_the_old_file_or_the_new_one) {
  write_file_at_once(path("a"), "old");
  write_file_at_once(path("a"), "new");
  EXPECT_EQ(text("a"), "new");
  fs::create_directory(dir_ / "folder");
  EXPECT_THROW(write_file_at_once(path("folder"), "text"), Error);
  EXPECT_THROW(write_file_at_once(path("nowhere/a"), "text"), Error);
  EXPECT_EQ(files(), 2);
}

// What another process of the same number, on another machine, is writing just now.
TEST_F(TemporaryFile, touches_no_file_of_another_process) {
  const std::string pid = std::to_string(::getpid());
  const std::vector<std::string> others{"a.part", "a." + pid, "a." + pid + ".part", "a.part" + pid};
  for (const std::string& name : others) std::ofstream(dir_ / name) << "of another";
  save_record(path("a"), "key", {{"yes", true}});
  save_model(path("a"), "model");
  fs::remove(dir_ / "a");
  EXPECT_TRUE(create_file(path("a"), {}, 10));
  EXPECT_EQ(files(), 5);
  for (const std::string& name : others) EXPECT_EQ(text(name), "of another") << name;
}

}  // namespace
}  // namespace nadir
