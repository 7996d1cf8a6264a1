// Every shipped config gives the same bits as whole images and as tiles of any size on any number of threads.
#include <gtest/gtest.h>

#include <fstream>

#include "io/io.h"
#include "pipeline/app/record_json.h"
#include "pipeline/app/sample.h"
#include "pipeline/graph/run.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

class ShippedConfig : public ::testing::TestWithParam<std::string> {
 protected:
  // A part of the sample that is no multiple of anything, with blocks of super-resolution smaller than it.
  void SetUp() override {
    configure_io(std::size_t{64} << 20);
    app::write_sample(box_.path("sample"), 3);
    ImageInfo info;
    const Tile whole_scene = read_whole(box_.path("sample/scenes/west.tif"), &info);
    const Window part{60, 70, 141, 118};
    ImageInfo part_info = info;
    part_info.grid = info.grid.cropped(part);
    Tile tile(Window{0, 0, part.width, part.height}, info.band_count());
    ConstTileView source = whole_scene.view().crop(part);
    source.window = tile.window();
    copy_pixels(source, tile.view(), tile.window());
    write_geotiff_file(box_.path("scene.tif"), part_info, tile.view());
    graph_ = load_graph(test::config(GetParam()), registry_, overrides());
  }

  std::vector<std::string> overrides() const {
    std::vector<std::string> list;
    const Graph plain = load_graph(test::config(GetParam()), registry_);
    for (const Node& n : plain.nodes) {
      if (n.stage->name == "super_resolve") {
        list.push_back(n.id + ".block_px=40");
        list.push_back(n.id + ".halo_px=12");
        list.push_back(n.id + ".iterations=4");
      }
      if (n.stage->name == "fit_classifier") {
        list.push_back(n.id + ".trees=20");
        for (const char* quick : {".repeats=1", ".folds=2", ".max_samples_per_class=100"})
          if (n.params.contains("svm_c")) list.push_back(n.id + quick);
      }
    }
    return list;
  }

  SceneInputs inputs(const std::string& name) const {
    const SceneInputs in{"scene", box_.path("scene.tif"), box_.path("sample/survey.gpkg"), box_.path(name),
                         box_.path(name + ".work")};
    std::filesystem::create_directories(in.output_dir);
    std::filesystem::create_directories(in.work_dir);
    return in;
  }

  // Where a model was kept is no part of what was found.
  static std::string values_of(const SceneReport& report) {
    std::string text;
    for (const auto& [node, record] : report.values) {
      app::Json found = app::json_of(record);
      found.erase("file");
      text += node + " " + found.dump() + "\n";
    }
    return text;
  }

  test::Sandbox box_;
  Registry registry_ = test::everything();
  Graph graph_;
};

TEST_P(ShippedConfig, gives_the_same_bits_whole_and_in_tiles) {
  const SceneReport whole = run_whole(graph_, inputs("whole"));
  ASSERT_FALSE(whole.outputs.empty());
  for (const int tile : {64, 200, 512})
    for (const int threads : {1, 2}) {
      const std::string name = "tile" + std::to_string(tile) + "_" + std::to_string(threads);
      SCOPED_TRACE(name);
      RunOptions options;
      options.tile = tile;
      options.threads = threads;
      const SceneReport tiled = run_tiled(graph_, inputs(name), options);
      EXPECT_TRUE(values_of(whole) == values_of(tiled)) << name;  // too long to be printed
      for (const auto& [node, record] : whole.outputs) {
        if (!std::filesystem::exists(box_.path("whole/" + node + ".tif"))) continue;  // no image
        test::Image a;
        test::Image b;
        a.tile = read_whole(box_.path("whole/" + node + ".tif"), &a.info);
        b.tile = read_whole(box_.path(name + "/" + node + ".tif"), &b.info);
        SCOPED_TRACE(node);
        test::expect_identical(a, b);
      }
    }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedConfig,
                         ::testing::Values("copy", "alignment", "degrade", "super_resolution", "landcover",
                                           "full_chain", "sharpness", "wald"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace nadir
