#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "io/io.h"
#include "pipeline/app/one_stage.h"
#include "pipeline/app/record_json.h"
#include "pipeline/app/sample.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

const fs::path& folder() {
  static const fs::path made = [] {
    configure_io(64 << 20);
    const fs::path dir = fs::path(testing::TempDir()) / ("nadir_sample_" + std::to_string(getpid()));
    fs::remove_all(dir);
    app::write_sample(dir, 0);
    return dir;
  }();
  return made;
}

Survey read_survey(const Grid& grid) {
  const Registry registry(io_stages());
  const StageInfo& reader = *registry.find("read_survey");
  const ParamMap params{{"path", (folder() / "survey.gpkg").string()}, {"class_field", std::string("landcover")}};
  StageContext context = app::context_of(reader, params, app::wiring_for(reader));
  context.scene_grid = &grid;
  return *std::get<SurveyPtr>(reader.as<ValueFactory>()->make(context));
}

TEST(SampleFiles, hold_the_very_pixels_of_the_sample_in_little_room) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder()))
    if (entry.is_regular_file()) bytes += entry.file_size();
  EXPECT_LT(bytes, 3u << 20);
  for (const app::SampleScene& scene : app::make_sample(0).scenes) {
    ImageInfo info;
    const Tile tile = read_whole((folder() / "scenes" / (scene.name + ".tif")).string(), &info);
    EXPECT_EQ(info.type, SampleType::u16);
    EXPECT_EQ(info.band_count(), 4);
    EXPECT_EQ(info.grid.geotransform, scene.info.grid.geotransform);
    const Window w = scene.info.grid.window();
    int wrong = 0;
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x) {
        wrong += tile.view().is_valid(x, y) != scene.image.view().is_valid(x, y);
        for (int b = 0; b < 4; ++b) wrong += tile.view()(b, x, y) != scene.image.view()(b, x, y);
      }
    EXPECT_EQ(wrong, 0) << scene.name;
  }
}

TEST(SampleFiles, have_a_survey_in_another_reference_system_that_comes_back_on_the_truth) {
  const app::Sample sample = app::make_sample(0);
  const Survey survey = read_survey(sample.scenes[0].info.grid);
  ASSERT_EQ(survey.features.size(), sample.survey.features.size());
  EXPECT_EQ(survey.classes.size(), 6u);
  for (std::size_t i = 0; i < survey.features.size(); ++i) {
    const Feature& written = sample.survey.features[i];
    const Feature& read = survey.features[i];
    EXPECT_EQ(survey.find_class(read.class_id)->name, sample.survey.find_class(written.class_id)->name);
    // The reader closes polygons and runs round all of them in the same direction.
    std::vector<Point> ring = written.parts[0];
    ring.push_back(ring.front());
    if (std::abs(read.parts[0][1].x - ring[1].x) > 1e-3) std::reverse(ring.begin(), ring.end());
    ASSERT_EQ(read.parts[0].size(), ring.size());
    for (std::size_t k = 0; k < ring.size(); ++k) {
      EXPECT_NEAR(read.parts[0][k].x, ring[k].x, 1e-3);
      EXPECT_NEAR(read.parts[0][k].y, ring[k].y, 1e-3);
    }
  }
}

TEST(SampleFiles, say_how_far_the_survey_lies_off_and_name_all_files) {
  std::ifstream in(folder() / "sample.json");
  const app::Json json = app::Json::parse(in);
  EXPECT_EQ(json["shift_px"], app::Json({2.6, -1.3}));
  EXPECT_EQ(json["scenes"].size(), 3u);
  for (const app::Json& scene : json["scenes"])
    for (const char* file : {"image", "truth"}) EXPECT_TRUE(fs::exists(folder() / scene[file].get<std::string>()));
}

}  // namespace
}  // namespace nadir
