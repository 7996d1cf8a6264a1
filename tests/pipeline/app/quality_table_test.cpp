#include "pipeline/app/quality_table.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

app::Json a_run() {
  return app::Json::parse(R"({
    "config": {"graph": {"score": {"stage": "compare", "in": {"image": "sharp.image"}}}},
    "scenes": [
      {"name": "a, \"b\"", "status": "done",
       "values": {"score": {"record": {"psnr": 30, "ssim": 0.5, "rmse": 8}}, "other": {"record": {"low": [0]}}},
       "stages": [{"node": "sharp", "seconds": 1.5}, {"node": "sharp", "seconds": 1}, {"node": "scene", "seconds": 9}]},
      {"name": "broken", "status": "failed", "error": "cut off"},
      {"name": "c", "status": "done", "values": {"score": {"record": {"psnr": 32, "ssim": 0.7, "ergas": 2}}},
       "stages": []}]})");
}

TEST(QualityCsv, has_a_row_for_each_comparison_and_the_means_of_what_is_there) {
  EXPECT_EQ(app::quality_csv(a_run()),
            "scene,node,psnr,ssim,rmse,sam_deg,ergas,seconds\n"
            "\"a, \"\"b\"\"\",score,30.0000,0.5000,8.0000,,,2.5000\n"
            "c,score,32.0000,0.7000,,,2.0000,\n"
            "mean,score,31.0000,0.6000,8.0000,,2.0000,2.5000\n");
}

TEST(QualityCsv, takes_nodes_of_any_name) {
  const app::Json run = app::Json::parse(R"({
    "config": {"graph": {"a~b/c": {"stage": "compare", "in": {"image": "sharp"}}}},
    "scenes": [{"name": "s", "values": {"a~b/c": {"record": {"psnr": 30, "ssim": 0.5}}},
                "stages": [{"node": "sharp", "seconds": 1.5}]}]})");
  EXPECT_NE(app::quality_csv(run).find("s,a~b/c,30.0000,0.5000,,,,1.5000\n"), std::string::npos);
}

TEST(QualityCsv, is_empty_where_nothing_was_compared) {
  EXPECT_EQ(app::quality_csv(app::Json::object()), "");
  EXPECT_EQ(app::quality_csv(app::Json::parse(R"({"scenes": [{"name": "a", "values": {"m": {"record": {}}}}]})")), "");
}

}  // namespace
}  // namespace nadir
