#include "pipeline/app/scenes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
};

TEST_F(Scenes, no_name_leads_out_of_the_output_folder) {
  for (const char* name : {"...tif", "..tif"}) {
    const auto scenes = find_scenes({file(name)});
    ASSERT_EQ(scenes.size(), 1U);
    EXPECT_EQ(scenes[0].name, "scene") << name;
  }
  const auto both = find_scenes({file("a/...tif"), file("a/..tif")});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].name, "a_scene");
  EXPECT_EQ(both[1].name, "a_scene_2");
}

TEST_F(Scenes, no_name_is_one_that_a_run_uses_itself) {
  for (const char* name : {"lock", "run.json", ".nadir", "west.done.json", "unit-1-of-2.lock"})
    EXPECT_EQ(find_scenes({file(name + std::string(".tif"))})[0].name, name + std::string("_2"));
}

}  // namespace
}  // namespace nadir::app
