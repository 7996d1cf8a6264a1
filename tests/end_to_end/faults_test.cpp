// What goes wrong around a run: disks, folders, inputs. Always the right exit code, a sentence, and no file that looks
// whole.
#include <gtest/gtest.h>

#include "io/io.h"
#include "pipeline/core/random.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    configure_io(std::size_t{64} << 20);
    write_scene("scene.tif", 1);
  }
  void TearDown() override { box_.shell("umount disk 2>/dev/null"); }

  void write_scene(const std::string& name, unsigned seed) {
    test::Image image = test::make_texture(1500, 1100, 2, seed);
    for (int b = 0; b < 2; ++b)  // noise, which does not compress
      for (int y = 0; y < 1100; ++y)
        for (int x = 0; x < 1500; ++x)
          image.tile.view()(b, x, y) = float(split_mix(std::uint64_t((b * 1100 + y) * 1500 + x)) >> 48);
    image.info.type = SampleType::u16;
    write_geotiff_file(box_.path(name), image.info, image.tile.view());
  }
  // False where this user may not mount.
  bool mount(const std::string& options) {
    return box_.shell("mkdir -p disk && mount -t tmpfs -o " + options + " tmpfs disk").exit_code == 0;
  }
  Outcome copy(const std::string& out, const std::string& more = "") const {
    return box_.nadir("run " + config("copy") + " scene.tif --out " + out + " " + more);
  }

  test::Sandbox box_;
};

TEST_F(Faults, a_disk_that_is_too_small_for_the_unfinished_file) {
  if (!mount("size=2m")) GTEST_SKIP() << "needs the right to mount a file system";
  const Outcome run = copy("disk/out");
  EXPECT_EQ(run.exit_code, 74) << run.err;
  EXPECT_NE(run.err.find("No space left"), std::string::npos) << run.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("disk/out/scene/out.tif")));
}

TEST_F(Faults, a_disk_that_fills_up_while_the_file_is_completed_and_has_room_again) {
  if (!mount("size=19m")) GTEST_SKIP() << "needs the right to mount a file system";
  const Outcome run = copy("disk/out");
  EXPECT_EQ(run.exit_code, 74) << run.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("disk/out/scene/out.tif")));
  ASSERT_EQ(box_.shell("mount -o remount,size=100m disk").exit_code, 0);
  const Outcome again = copy("disk/out");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("0 are missing"), std::string::npos) << "the tiles were not lost: " << again.err;
  ASSERT_EQ(copy("other").exit_code, 0);
  EXPECT_EQ(box_.shell("cmp disk/out/scene/out.tif other/scene/out.tif").exit_code, 0);
}

TEST_F(Faults, a_folder_that_cannot_be_written_to) {
  if (!mount("ro")) GTEST_SKIP() << "needs the right to mount a file system";
  const Outcome run = copy("disk/out");
  EXPECT_EQ(run.exit_code, 74) << run.err;
  EXPECT_NE(run.err.find("disk/out"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("Read-only"), std::string::npos) << run.err;
}

TEST_F(Faults, a_second_run_in_the_same_folder) {
  const Outcome both = box_.shell("mkdir -p out/.nadir; exec 9>out/.nadir/lock; flock 9; " NADIR_PROGRAM " run " +
                                  config("copy") + " scene.tif --out out; echo code $?");
  EXPECT_NE(both.out.find("code 75"), std::string::npos) << both.out << both.err;
  EXPECT_NE(both.err.find("another run is writing"), std::string::npos) << both.err;
  EXPECT_EQ(copy("out").exit_code, 0) << "a lock of a process that is gone holds nobody";
}

// The run is stopped as soon as it has written a tile; then something happens to its input; then it goes on.
Outcome meddle(const test::Sandbox& box, const std::string& action) {
  return box.shell("(" NADIR_PROGRAM " run " + config("copy") +
                   " scene.tif --out out --threads 1 --set run.tile=16 & pid=$!; "
                   "until [ $(cat out/.nadir/scene/*.journal 2>/dev/null | wc -c) -gt 32 ]; do kill -0 $pid || break; "
                   "done; kill -STOP $pid; " +
                   action + "; kill -CONT $pid; wait $pid; echo code $?)");
}

TEST_F(Faults, an_input_that_is_replaced_while_it_is_read) {
  write_scene("other.tif", 2);
  const Outcome run = meddle(box_, "cp other.tif scene.tif; touch scene.tif");
  EXPECT_NE(run.out.find("code 65"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.err.find("while it was read"), std::string::npos) << run.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("out/scene/out.tif")));
  EXPECT_EQ(copy("out").exit_code, 0);
  ASSERT_EQ(copy("fresh").exit_code, 0);
  EXPECT_EQ(box_.shell("cmp out/scene/out.tif fresh/scene/out.tif").exit_code, 0);
}

TEST_F(Faults, an_input_that_disappears_while_it_is_read) {
  const Outcome run = meddle(box_, "rm scene.tif");
  EXPECT_NE(run.out.find("code 66"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.err.find("scene.tif"), std::string::npos) << run.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("out/scene/out.tif")));
}

TEST_F(Faults, an_input_that_is_cut_while_it_is_read) {
  const Outcome run = meddle(box_, "truncate -s 20000 scene.tif");
  EXPECT_NE(run.out.find("code 65"), std::string::npos) << run.out << run.err;
  EXPECT_FALSE(std::filesystem::exists(box_.path("out/scene/out.tif")));
}

}  // namespace
}  // namespace nadir
