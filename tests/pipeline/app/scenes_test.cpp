#include "pipeline/app/scenes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pipeline/core/error.h"
#include "tests/support/temporary_folder.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

class Scenes : public test::TemporaryFolder {
 protected:
  std::string file(const std::string& name) const {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << name;
    return (dir_ / name).string();
  }
  std::vector<SceneFile> scenes_of(const std::vector<std::string>& inputs) {
    warnings_.clear();
    return find_scenes(inputs, [this](const std::string& fact) { warnings_.push_back(fact); });
  }
  std::string why_none(const fs::path& folder) {
    try {
      scenes_of({folder.string()});
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  std::vector<std::string> warnings_;
};

// As another user, for to root no folder is closed.
class Unreadable {
 public:
  explicit Unreadable(fs::path folder) : folder_(std::move(folder)) {
    fs::permissions(folder_, fs::perms::none);
    if (::geteuid() == 0) left_root_ = ::seteuid(65534) == 0;
  }
  ~Unreadable() {
    if (left_root_ && ::seteuid(0) != 0) std::abort();
    fs::permissions(folder_, fs::perms::owner_all);
  }
  Unreadable(const Unreadable&) = delete;
  Unreadable& operator=(const Unreadable&) = delete;

 private:
  fs::path folder_;
  bool left_root_ = false;
};

TEST_F(Scenes, are_found_behind_links_to_folders_but_once) {
  file("data/a.tif");
  file("data/deep/b.tif");
  fs::create_directories(dir_ / "in");
  fs::create_directory_symlink(dir_ / "data", dir_ / "in/linked");
  fs::create_directory_symlink(dir_ / "data", dir_ / "in/linked_again");
  fs::create_directory_symlink(dir_ / "in", dir_ / "data/deep/loop");
  const auto scenes = scenes_of({(dir_ / "in").string()});
  ASSERT_EQ(scenes.size(), 2U);
  EXPECT_EQ(scenes[0].path, (dir_ / "in/linked/a.tif").string());
  EXPECT_EQ(scenes[1].path, (dir_ / "in/linked/deep/b.tif").string());
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Scenes, in_folders_that_cannot_be_read_are_not_passed_over_in_silence) {
  file("in/a.tif");
  file("in/closed/b.tif");
  fs::create_symlink("nowhere", dir_ / "in/gone");
  const Unreadable closed(dir_ / "in/closed");
  EXPECT_EQ(scenes_of({(dir_ / "in").string()}).size(), 1U);
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[0], "the folder " + (dir_ / "in/closed").string() + " cannot be read: Permission denied");
  EXPECT_EQ(warnings_[1], "the link " + (dir_ / "in/gone").string() + " leads nowhere");
  EXPECT_NE(why_none(dir_ / "in/closed").find("cannot be read: Permission denied"), std::string::npos);
}

TEST_F(Scenes, that_are_results_are_named_where_there_are_no_others) {
  file("in/out/a.tif");
  fs::create_directories(dir_ / "in/out/.nadir");
  EXPECT_NE(why_none(dir_ / "in").find("in/out holds the results of a run"), std::string::npos)
      << why_none(dir_ / "in");
}

TEST_F(Scenes, no_name_leads_out_of_the_output_folder) {
  for (const char* name : {"...tif", "..tif"}) {
    const auto scenes = scenes_of({file(name)});
    ASSERT_EQ(scenes.size(), 1U);
    EXPECT_EQ(scenes[0].name, "scene") << name;
  }
  const auto both = scenes_of({file("a/...tif"), file("a/..tif")});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].name, "a_scene");
  EXPECT_EQ(both[1].name, "a_scene_2");
}

TEST_F(Scenes, no_name_is_one_that_a_run_uses_itself) {
  for (const char* name : {"lock", "run.json", ".nadir", "west.done.json", "unit-1-of-2.lock"})
    EXPECT_EQ(scenes_of({file(name + std::string(".tif"))})[0].name, name + std::string("_2"));
}

}  // namespace
}  // namespace nadir::app
