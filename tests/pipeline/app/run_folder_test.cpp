#include "pipeline/app/run_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

class Folder : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  const fs::path dir_ = fs::temp_directory_path() / ("nadir_run_folder_" + std::to_string(getpid()));
};

TEST_F(Folder, cleaning_stays_within_it) {
  const RunFolder folder((dir_ / "out").string(), {}, false);
  fs::create_directories(dir_ / "out/scene");
  for (const char* name : {"", ".", "..", "../..", "a/../.."}) EXPECT_THROW(folder.clean(name), Error) << name;
  EXPECT_TRUE(fs::exists(dir_ / "out/.nadir/run.json"));
  fs::create_directories(dir_ / "out/.nadir/scene");
  folder.clean("scene");
  EXPECT_FALSE(fs::exists(dir_ / "out/.nadir/scene"));
  EXPECT_TRUE(fs::exists(dir_ / "out/.nadir/run.json"));
}

}  // namespace
}  // namespace nadir::app
