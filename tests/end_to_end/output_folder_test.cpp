// What an output folder protects and notices: scenes of the same name, changed inputs, work of others.
#include <gtest/gtest.h>

#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;

class OutputFolder : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(box_.nadir("sample sample").exit_code, 0); }

  Outcome copy(const std::string& scenes, const std::string& more = "") const {
    return box_.nadir("run " + config("copy") + " " + scenes + " --out out " + more);
  }
  Outcome in_folder(const std::string& folder, const std::string& arguments) const {
    return box_.shell("cd " + folder + " && " NADIR_PROGRAM " " + arguments);
  }

  test::Sandbox box_;
};

TEST_F(OutputFolder, keeps_scenes_of_the_same_relative_path_apart) {
  box_.shell("mkdir d1 d2; cp sample/scenes/west.tif d1/x.tif; cp sample/scenes/east.tif d2/x.tif");
  const std::string run = "run " + config("copy") + " x.tif --out " + box_.path("out");
  ASSERT_EQ(in_folder("d1", run).exit_code, 0);
  const std::string before = box_.text("out/x/out.tif");
  const Outcome other = in_folder("d2", run);
  EXPECT_EQ(other.exit_code, 64) << other.err;
  EXPECT_EQ(box_.text("out/x/out.tif"), before);
}

TEST_F(OutputFolder, is_complete_from_another_working_directory_and_where_it_is_moved_to) {
  ASSERT_EQ(copy("sample/scenes/west.tif").exit_code, 0);
  box_.shell("mkdir elsewhere");
  const Outcome away = in_folder("elsewhere", "run " + config("copy") + " ../sample/scenes/west.tif --out ../out");
  EXPECT_NE(away.err.find("already complete"), std::string::npos) << away.err;
  box_.shell("mv out elsewhere/moved");
  const Outcome moved = box_.nadir("run " + config("copy") + " sample/scenes/west.tif --out elsewhere/moved");
  EXPECT_NE(moved.err.find("already complete"), std::string::npos) << moved.err;
  EXPECT_EQ(box_.json("elsewhere/moved/run.json")["scenes"][0]["outputs"][0]["path"], "elsewhere/moved/west/out.tif");
}

}  // namespace
}  // namespace nadir
