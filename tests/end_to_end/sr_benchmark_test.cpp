// The benchmark of super-resolution papers, from pictures without a reference system to a table.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

// An uncompressed 24-bit BMP with rings in two colours.
std::string picture(int width, int height, double phase) {
  const int stride = (3 * width + 3) / 4 * 4;
  std::string bytes = "BM";
  const auto number = [&](int value, int size) {
    for (int i = 0; i < size; ++i) bytes += char(value >> (8 * i) & 255);
  };
  for (const int value : {54 + stride * height, 0, 54, 40, width, height}) number(value, 4);
  number(1, 2);
  number(24, 2);
  for (const int value : {0, stride * height, 2835, 2835, 0, 0}) number(value, 4);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double ring = std::sin(0.02 * ((x - 20) * (x - 20) + (y - 25) * (y - 25)) + phase);
      for (const double share : {90.0, 60.0, -70.0}) number(int(std::lround(127 + share * (ring > 0 ? 1 : -1))), 1);
    }
    number(0, stride - 3 * width);
  }
  return bytes;
}

TEST(SrBenchmark, scores_a_folder_of_pictures_by_every_protocol) {
  const test::Sandbox sandbox;
  sandbox.shell("mkdir -p pictures");
  sandbox.write("pictures/one.bmp", picture(50, 44, 0));
  sandbox.write("pictures/two.bmp", picture(45, 48, 2));
  const std::string protocol_b =
      " --set degraded.method=bicubic --set degraded.phase=centre --set degraded.sigma_px=0 --set degraded.factor=2"
      " --set sharp.scale=2 --set bicubic.scale=2 --set score.crop_px=2 --set scene.crop_to_multiple_px=2";
  const std::string protocol_n =
      " --set scene.crop_to_multiple_px=1 --set score.crop_px=0 --set degraded.noise_sigma_dn=5";
  for (const std::string& protocol : {std::string(), protocol_n, protocol_b}) {
    const test::Outcome run = sandbox.nadir("run " + test::config("sr_benchmark") + " pictures --out out --restart" +
                                            protocol + " --set sharp.quality=fast");
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const std::string table = sandbox.text("out/metrics.csv");
    for (const char* row : {"scene,node,psnr", "\none,score,", "\ntwo,score,", "\nmean,score,"})
      EXPECT_NE(table.find(row), std::string::npos) << row << " in " << table;
    for (const char* name : {"one", "two"}) {
      const auto score = sandbox.json("out/" + std::string(name) + "/score.json");
      EXPECT_GT(score["psnr_gain_db"].get<double>(), 1) << name << protocol;
      EXPECT_GT(score["pixels"].get<int>(), 1500);
    }
    EXPECT_GT(sandbox.text("out/one/out.tif").size(), 4000u);
  }
}

}  // namespace
}  // namespace nadir
