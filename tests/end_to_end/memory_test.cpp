// The memory that a run takes at most: what it was given and 150 MB for the program itself.
#include <gtest/gtest.h>

#include "io/io.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

class Memory : public ::testing::TestWithParam<std::string> {};

TEST_P(Memory, stays_within_the_budget) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const test::Sandbox box;
  configure_io(std::size_t{64} << 20);
  test::Image image = test::make_texture(2600, 2100, 4, 3);
  image.info.type = SampleType::u16;
  write_geotiff_file(box.path("scene.tif"), image.info, image.tile.view());
  const test::Outcome run = box.nadir("run " + GetParam() + " scene.tif --out out --memory 128MiB");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const double allowed_mib = 128 + 150e6 / (1 << 20);
  EXPECT_LE(box.json("out/run.json")["peak_mib"].get<double>(), allowed_mib);
}

INSTANTIATE_TEST_SUITE_P(Configs, Memory,
                         ::testing::Values(test::config("copy"), test::config("copy") + " --set out.compression=none",
                                           test::config("degrade"),
                                           test::config("super_resolution") + " --set sharp.method=bicubic"));

}  // namespace
}  // namespace nadir
