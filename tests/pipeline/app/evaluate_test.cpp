#include "pipeline/app/evaluate.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/io.h"
#include "pipeline/core/error.h"
#include "stages/stages.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

Registry everything() {
  configure_io(16 << 20);
  std::vector<StageInfo> stages = io_stages();
  for (StageInfo& s : all_stages()) stages.push_back(std::move(s));
  return Registry(std::move(stages));
}

std::string mask_file(const std::string& name) {
  test::Image mask = test::make_image(40, 30, 1, [](int, int x, int y) { return 1 + (x / 10 + y / 10) % 2; });
  mask.info.type = SampleType::u8;
  mask.info.classes = {{1, "wood", {}}, {2, "water", {}}};  // not as a survey would number them
  const std::string path = ::testing::TempDir() + "nadir_evaluate_" + name;
  write_geotiff_file(path, mask.info, mask.tile.view());
  return path;
}

TEST(EvaluateMask, takes_a_mask_as_truth_however_its_ending_is_written) {
  const Registry registry = everything();
  const std::string mask = mask_file("mask.tif");
  const std::string expected = app::record_text(app::evaluate_mask(registry, mask_file("truth.tif"), mask, ""));
  EXPECT_EQ(app::record_text(app::evaluate_mask(registry, mask_file("upper.TIF"), mask, "")), expected);
}

TEST(EvaluateMask, refuses_a_field_of_a_mask) {
  const Registry registry = everything();
  const std::string mask = mask_file("mask.tif");
  try {
    app::evaluate_mask(registry, mask, mask, "nonsense");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage) << e.what();
    EXPECT_NE(std::string(e.what()).find("--class-field"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace nadir
