#include "pipeline/app/report.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

app::Json a_run() {
  return app::Json::parse(R"({
    "nadir": "0.1.0", "config_file": "configs/landcover.yaml", "command": ["nadir", "run", "a b.yaml"],
    "started": "2024-05-01T10:00:00Z", "seconds": 12.345, "device": "cpu", "threads": 2,
    "config": {"nadir": 1},
    "scenes": [
      {"name": "west <1>", "input": "scenes/west.tif", "status": "done", "seconds": 6.5, "warnings": ["careful & slow"],
       "outputs": [{"node": "mask", "path": "west/mask 1.tif"}],
       "values": {"model": {"stage": "fit_classifier", "record": {"held_out_accuracy": 0.97531, "classes": ["water", "wood"],
                            "confusion": [[10, 1], [2, 20]]}},
                  "shift": {"stage": "estimate_alignment", "record": {"reliable": true, "snr": null}}},
       "stages": [{"node": "sharp", "stage": "super_resolve", "calls": 4, "seconds": 3.25, "bytes": 12000000}]},
      {"name": "east", "input": "scenes/east.tif", "status": "failed", "seconds": 0.1, "error": "cut off <here>"}]})");
}

TEST(Report, shows_scenes_outputs_estimates_and_times) {
  const std::string html = app::report_html(a_run());
  for (const char* part :
       {"landcover.yaml", "1 done", "1 failed", "href=\"west/mask%201.tif\"", "0.97531", "reliable",
        "<td class=\"n hit\">20</td>", "<td class=\"n miss\">2</td>", "<th>wood</th>", "super_resolve", "12.0", "6.50"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
}

TEST(Report, counts_interrupted_scenes_by_themselves) {
  app::Json run = a_run();
  run["scenes"].push_back({{"name", "south"}, {"status", "interrupted"}});
  const std::string html = app::report_html(run);
  EXPECT_NE(html.find("Scenes: 1 done, "), std::string::npos);
  EXPECT_NE(html.find("1 interrupted"), std::string::npos);
}

TEST(Report, says_what_rows_and_columns_are_and_leaves_out_what_cannot_be_read) {
  app::Json run = a_run();
  run["scenes"][0]["values"]["shift"]["record"]["crs"] = "PROJCRS[\"WGS 84 / UTM zone 32N\",BASEGEOGCRS[\"WGS 84\"]]";
  run["scenes"][0]["values"]["model"]["record"]["split_folds"] =
      app::Json::array({std::vector<int>(200), std::vector<int>(200)});
  const std::string html = app::report_html(run);
  EXPECT_NE(html.find("<th>truth \\ mask</th><th>water</th>"), std::string::npos);
  EXPECT_NE(html.find("<td>WGS 84 / UTM zone 32N</td>"), std::string::npos);
  EXPECT_NE(html.find("2 x 200 values, see <a href=\"west%20&lt;1&gt;/model.json\">"), std::string::npos);
}

TEST(Report, counts_lists_that_are_too_long_to_read) {
  app::Json run = a_run();
  app::Json& record = run["scenes"][0]["values"]["model"]["record"];
  record["split_features"] = std::vector<std::string>(63813, "feature");
  record["confusion"] = app::Json(std::vector<std::vector<int>>(21, std::vector<int>(21, 4711)));
  record["short"] = std::vector<int>(20, 815);
  const std::string html = app::report_html(run);
  EXPECT_LT(html.size(), 10000U);
  EXPECT_NE(html.find("63813 values, see"), std::string::npos);
  EXPECT_NE(html.find("21 x 21 values, see"), std::string::npos);
  EXPECT_EQ(html.find("4711"), std::string::npos);
  EXPECT_NE(html.find("815, 815"), std::string::npos);
}

TEST(Report, escapes_what_comes_from_outside) {
  const std::string html = app::report_html(a_run());
  EXPECT_EQ(html.find("west <1>"), std::string::npos);
  EXPECT_NE(html.find("west &lt;1&gt;"), std::string::npos);
  EXPECT_NE(html.find("careful &amp; slow"), std::string::npos);
  EXPECT_NE(html.find("cut off &lt;here&gt;"), std::string::npos);
}

TEST(Report, does_not_link_to_anything_but_files_below_its_folder) {
  app::Json run = a_run();
  run["scenes"][0]["outputs"][0]["path"] = "javascript:alert(1)";
  EXPECT_EQ(app::report_html(run).find("href"), std::string::npos);
}

TEST(Report, links_outputs_relative_to_itself_wherever_the_run_was_started) {
  const app::Json run = app::Json::parse(
      R"({"scenes": [{"name": "west", "outputs": [{"node": "mask", "path": "/somewhere/out/west/mask.tif"}]}]})");
  EXPECT_NE(app::report_html(run).find("href=\"west/mask.tif\""), std::string::npos);
}

TEST(Report, shows_the_pictures_that_stages_drew) {
  const app::Json run = app::Json::parse(
      R"({"scenes": [{"name": "west", "outputs": [{"node": "ties", "path": "out/west/ties.gpkg",
                                                   "picture": "out/west/ties.svg"}]}]})");
  EXPECT_NE(app::report_html(run).find("<img src=\"west/ties.svg\""), std::string::npos);
}

TEST(Report, takes_paths_of_any_bytes) {
  app::Json run = a_run();
  run["config"]["graph"]["scene"]["path"] = "S\xE3o.tif";
  run["scenes"][0]["values"]["shift"]["record"]["of"] = {{"path", "S\xE3o.tif"}};
  run["scenes"][0]["input"] = app::Json::object({{"path", "S\xE3o.tif"}});
  const std::string html = app::report_html(run);
  EXPECT_NE(html.find("S\xEF\xBF\xBDo.tif"), std::string::npos);
}

TEST(Report, can_be_made_from_a_run_of_which_little_is_known) {
  EXPECT_NE(app::report_html(app::Json::object()).find("</html>"), std::string::npos);
  EXPECT_NE(app::report_html(app::Json::parse(R"({"scenes": [{"name": "a"}]})")).find("<h2>a</h2>"), std::string::npos);
}

}  // namespace
}  // namespace nadir
