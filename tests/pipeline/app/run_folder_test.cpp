#include "pipeline/app/run_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "pipeline/app/run_identity.h"
#include "pipeline/app/scene_files.h"
#include "tests/support/temporary_folder.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;

class Folder : public test::TemporaryFolder {};

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

TEST_F(Folder, fingerprints_change_with_the_files_beside_a_file) {
  const auto write = [this](const std::string& name, const char* text) { std::ofstream(dir_ / name) << text; };
  write("a.tif", "image");
  write("LC.SHP", "survey");
  EXPECT_EQ(fingerprint_with_sidecars(dir_ / "a.tif"), fingerprint(dir_ / "a.tif"));
  for (const char* beside :
       {"a.tif.msk", "a.tif.aux.xml", "a.tif.ovr", "a.tfw", "a.TFW", "a.tifw", "a.wld", "LC.DBF", "LC.prj", "LC.CPG"}) {
    const std::string file = dir_ / (beside[0] == 'a' ? "a.tif" : "LC.SHP");
    const std::string without = fingerprint_with_sidecars(file);
    write(beside, "one");
    const std::string with = fingerprint_with_sidecars(file);
    write(beside, "another");
    EXPECT_NE(with, without) << beside;
    EXPECT_NE(fingerprint_with_sidecars(file), with) << beside;
  }
  EXPECT_EQ(fingerprint_with_sidecars(dir_ / "none.tif"), "");
}

TEST(SceneOfRunJson, has_counts_in_place_of_long_lists_that_its_own_files_hold) {
  Json scene{{"name", "west"}, {"values", {{"model", {{"record", Json::object()}}}}}};
  Json& record = scene["values"]["model"]["record"];
  record["features"] = std::vector<int>(21, 1);
  record["folds"] = std::vector<std::vector<int>>(2, std::vector<int>(30, 1));
  record["classes"] = std::vector<std::string>(20, "wood");
  record["accuracy"] = 0.9;
  const Json found = with_short_lists(scene)["values"]["model"]["record"];
  EXPECT_EQ(found["features"], Json({{"count", 21}, {"see", "west/model.json"}}));
  EXPECT_EQ(found["folds"], Json({{"count", Json::array({2, 30})}, {"see", "west/model.json"}}));
  EXPECT_EQ(found["classes"], record["classes"]);
  EXPECT_EQ(found["accuracy"], 0.9);
}

}  // namespace
}  // namespace nadir::app
