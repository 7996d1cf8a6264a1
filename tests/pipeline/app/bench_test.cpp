#include "pipeline/app/bench.h"

#include <gtest/gtest.h>

#include "pipeline/core/error.h"
#include "stages/stages.h"

namespace nadir {
namespace {

app::BenchOptions small() {
  app::BenchOptions options;
  options.size = 300;
  options.tile = 128;
  options.repeats = 3;
  options.seconds = 0.05;
  return options;
}

TEST(Bench, measures_a_stage_over_all_tiles_against_the_copy_bandwidth) {
  app::BenchOptions options = small();
  options.stages = {"blur"};
  options.params = {"sigma_px=0.8"};
  options.seconds = 100;
  const app::Json result = app::bench(Registry(all_stages()), options);
  ASSERT_EQ(result["stages"].size(), 1u);
  const app::Json& blur = result["stages"][0];
  EXPECT_EQ(blur["tiles"], 9);
  EXPECT_EQ(blur["bands"], 4);
  EXPECT_GT(blur["mpixel_s"], 0);
  EXPECT_NEAR(blur["mpixel_bands_s"].get<double>(), 4 * blur["mpixel_s"].get<double>(), 1e-9);
  EXPECT_GT(blur["copy_fraction"], 0);
  EXPECT_GT(blur["peak_mib"], 1);
  EXPECT_NE(app::bench_text(result).find("blur"), std::string::npos);
}

TEST(Bench, measures_every_tile_stage_or_says_why_not) {
  const Registry registry(all_stages());
  const app::Json result = app::bench(registry, small());
  std::size_t tile_stages = 0;
  for (const StageInfo& s : registry.stages()) tile_stages += s.as<TileFactory>() != nullptr;
  EXPECT_EQ(result["stages"].size(), tile_stages);
  for (const app::Json& s : result["stages"]) {
    const bool needs_a_model = s["stage"] == "classify" || s["stage"] == "segment";
    EXPECT_EQ(s.contains("skipped"), needs_a_model) << s;
    EXPECT_EQ(s.contains("mpixel_s"), !needs_a_model) << s;
  }
}

TEST(Bench, counts_the_pixels_of_the_finer_side) {
  app::BenchOptions options = small();
  options.size = 304;  // 38 blocks of 8
  options.stages = {"qmf_decompose", "qmf_reconstruct", "luma"};
  const app::Json result = app::bench(Registry(all_stages()), options);
  const auto bands = [&](std::size_t stage) {
    const app::Json& s = result["stages"][stage];
    return s["mpixel_bands_s"].get<double>() / s["mpixel_s"].get<double>();
  };
  EXPECT_NEAR(bands(0), 4, 1e-9);
  EXPECT_NEAR(bands(1), 4, 1e-9);
  EXPECT_NEAR(bands(2), 3, 1e-9);
}

TEST(Bench, refuses_unknown_stages_parameters_and_values) {
  const Registry registry(all_stages());
  app::BenchOptions options = small();
  const auto message = [&] {
    try {
      app::bench(registry, options);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  options.stages = {"blurr"};
  EXPECT_NE(message().find("did you mean 'blur'"), std::string::npos);
  options.stages = {"blur"};
  options.params = {"sigma_px=99"};
  EXPECT_NE(message().find("[0, 20]"), std::string::npos);
  options.params = {"sigma=2"};
  EXPECT_NE(message().find("sigma_px"), std::string::npos);
}

}  // namespace
}  // namespace nadir
