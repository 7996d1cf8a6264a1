// The sample as files.
#include "io/io.h"
#include "pipeline/app/record_json.h"
#include "pipeline/app/run_folder.h"
#include "pipeline/app/sample.h"
#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

Json description(const Sample& sample, std::uint64_t seed) {
  Json scenes = Json::array();
  for (const SampleScene& scene : sample.scenes)
    scenes.push_back({{"name", scene.name},
                      {"image", "scenes/" + scene.name + ".tif"},
                      {"truth", "truth/truth_" + scene.name + ".tif"}});
  Json classes = Json::object();
  for (const ClassInfo& c : sample.survey.classes) classes[std::to_string(c.id)] = c.name;
  return {{"seed", seed},
          {"shift_px", {sample.shift_px.x, sample.shift_px.y}},
          {"shift_convention",
           "what the survey puts at pixel (col, row) of a scene is seen in its image at (col + shift_px[0], row + "
           "shift_px[1])"},
          {"survey", "survey.gpkg"},
          {"class_field", "landcover"},
          {"polygons", sample.survey.features.size()},
          {"classes", std::move(classes)},
          {"scenes", std::move(scenes)}};
}

void make_folder(const std::filesystem::path& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) throw Error(Fault::io, "cannot make the folder " + path.string() + ": " + failure.message());
}

}  // namespace

void write_sample(const std::filesystem::path& dir, std::uint64_t seed) {
  const Sample sample = make_sample(seed);
  make_folder(dir / "scenes");
  make_folder(dir / "truth");
  for (const SampleScene& scene : sample.scenes) {
    write_geotiff_file((dir / "scenes" / (scene.name + ".tif")).string(), scene.info, scene.image.view());
    write_geotiff_file((dir / "truth" / ("truth_" + scene.name + ".tif")).string(), scene.truth_info,
                       scene.truth.view());
  }
  write_survey_file((dir / "survey.gpkg").string(), sample.survey, "landcover");
  write_text_file((dir / "sample.json").string(), description(sample, seed).dump(2) + "\n");
}

}  // namespace nadir::app
