#include "pipeline/app/run_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "pipeline/app/run_identity.h"
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

}  // namespace
}  // namespace nadir::app
