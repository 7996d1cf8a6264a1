#include "io/tie_point_writer.h"

#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <fstream>

#include "tests/io/io_harness.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;

std::unique_ptr<Sink> tie_point_sink(const TempFolder& folder, const test::Image& image) {
  static const ParamMap params;
  Transform transform;
  transform.tie_points.resize(1);
  transform.tie_points[0].at = {2, 3};
  transform.tie_points[0].moved = {0.5, -0.5};
  StageContext context;
  context.node = "ties";
  context.params = &params;
  context.images = {image.info, {}};
  context.values = {{}, transform};
  context.output_stem = folder.file("scene/ties");
  context.work_dir = folder.work();
  return write_tie_points_stage().as<SinkFactory>()->make(context);
}

TEST(WriteTiePoints, writes_points_and_their_picture) {
  const TempFolder folder;
  const test::Image image = test::make_texture(40, 30, 1, 1);
  const auto sink = tie_point_sink(folder, image);
  sink->write(image.tile.view());
  sink->finish();
  const DatasetPtr points = open_dataset(folder.file("scene/ties.gpkg"), GDAL_OF_VECTOR, {"GPKG"}, "drivers");
  EXPECT_EQ(points->GetLayer(0)->GetFeatureCount(), 1);
  std::ifstream picture(folder.file("scene/ties.svg"));
  const std::string svg(std::istreambuf_iterator<char>(picture), {});
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
  EXPECT_TRUE(folder.work_is_empty());
}

TEST(WriteTiePoints, leaves_no_picture_where_the_disk_is_full) {
  const TempFolder folder;
  const test::Image image = test::make_texture(40, 30, 1, 1);
  const auto sink = tie_point_sink(folder, image);
  sink->write(image.tile.view());
  fs::create_directories(folder.work());
  fs::create_symlink("/dev/full", folder.work() + "/ties.svg");
  const test::Failure failure = test::failure_of([&] { sink->finish(); });
  EXPECT_EQ(failure.fault, Fault::io);
  EXPECT_NE(failure.text.find("ties.svg"), std::string::npos) << failure.text;
  EXPECT_FALSE(fs::exists(fs::symlink_status(folder.file("scene/ties.svg"))));
  EXPECT_FALSE(fs::exists(folder.file("scene/ties.gpkg")));
}

}  // namespace
}  // namespace nadir
