// Polygons against the pixels that they stand for, and how masks are shown.
#include "io/segment_writer.h"

#include <gdal_rat.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <fstream>
#include <map>

#include "io/mask_style.h"
#include "tests/io/io_harness.h"

namespace nadir {
namespace {

std::string utm() {
  OGRSpatialReference crs;
  crs.importFromEPSG(32633);
  char* wkt = nullptr;
  crs.exportToWkt(&wkt);
  const std::string text = wkt;
  CPLFree(wkt);
  return text;
}

// Labels from small whole numbers at random, so that areas touch at corners, have holes, and holes within holes.
test::Image mask(int width, int height, int classes, bool confident) {
  register_drivers();
  test::Image image = test::make_image(width, height, confident ? 2 : 1, [&](int b, int x, int y) -> double {
    const std::uint64_t dice = std::uint64_t(x * 7919 + y * 104729 + x * y * 31) % 97;
    return b == 0 ? double(1 + dice % std::uint64_t(classes)) : double(dice) / 97;
  });
  image.info.grid.crs_wkt = utm();
  for (int k = 1; k <= classes; ++k)
    image.info.classes.push_back({std::uint16_t(k), "class <" + std::to_string(k), {}});
  image.invalidate({5, 5, 4, 3});
  return image;
}

struct Outline {
  std::int64_t pixels;
  double area_m2, confidence;
  std::unique_ptr<OGRGeometry> shape;
  int class_id;
};

std::vector<Outline> outlines(const std::string& path) {
  const DatasetPtr file(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR));
  EXPECT_TRUE(file);
  std::vector<Outline> list;
  for (const auto& row : *file->GetLayer(0))
    list.push_back({row->GetFieldAsInteger64("pixels"), row->GetFieldAsDouble("area_m2"),
                    row->GetFieldAsDouble("confidence"), std::unique_ptr<OGRGeometry>(row->StealGeometry()),
                    row->GetFieldAsInteger("class_id")});
  return list;
}

std::string segments_of(const test::TempFolder& folder) {
  return std::filesystem::path(test::written(folder)).replace_extension(".gpkg").string();
}

TEST(Segments, are_valid_polygons_whose_areas_sum_to_those_of_the_mask) {
  const test::TempFolder folder;
  const test::Image image = mask(60, 45, 3, true);
  const Record facts = test::write("write_segments", folder, image, {}, 17);
  const auto list = outlines(segments_of(folder));
  EXPECT_EQ(std::int64_t(list.size()), std::get<std::int64_t>(*facts.find("segments")));
  std::map<int, double> area, pixels;
  for (const Outline& o : list) {
    EXPECT_TRUE(o.shape->IsValid());
    const double m2 = o.shape->toMultiPolygon()->get_Area();
    EXPECT_NEAR(m2, double(o.pixels) * 100, 1e-6);
    EXPECT_NEAR(o.area_m2, m2, 1e-6);
    area[o.class_id] += m2 / 100;
  }
  for (int y = 0; y < 45; ++y)
    for (int x = 0; x < 60; ++x)
      if (image.valid(x, y)) ++pixels[int(image(0, x, y))];
  for (const auto& [id, count] : pixels) EXPECT_NEAR(area[id], count, 1e-6);
}

TEST(Segments, know_their_class_box_and_mean_confidence) {
  const test::TempFolder folder;
  test::Image image =
      test::make_image(30, 20, 2, [](int b, int x, int) { return b == 0 ? (x < 10 ? 1 : 2) : 0.5 + 0.01 * x; });
  image.info.grid.crs_wkt = (register_drivers(), utm());
  image.info.classes = {{1, "water", {}}, {2, "town", {}}};
  test::write("write_segments", folder, image, {}, 8);
  const DatasetPtr file(GDALDataset::Open(segments_of(folder).c_str(), GDAL_OF_VECTOR));
  ASSERT_EQ(file->GetLayer(0)->GetFeatureCount(), 2);
  for (const auto& row : *file->GetLayer(0)) {
    const bool water = row->GetFieldAsInteger("class_id") == 1;
    EXPECT_STREQ(row->GetFieldAsString("class"), water ? "water" : "town");
    EXPECT_NEAR(row->GetFieldAsDouble("confidence"), water ? 0.545 : 0.695, 1e-6);
    EXPECT_EQ(row->GetFieldAsDouble("left"), 500000 + (water ? 0 : 100));
    EXPECT_EQ(row->GetFieldAsDouble("right"), 500000 + (water ? 100 : 300));
    EXPECT_EQ(row->GetFieldAsDouble("top"), 4600000);
    EXPECT_EQ(row->GetFieldAsDouble("bottom"), 4600000 - 200);
  }
  EXPECT_TRUE(folder.work_is_empty());
}

TEST(Segments, that_are_too_small_are_left_out) {
  const test::TempFolder folder;
  test::write("write_segments", folder, mask(60, 45, 3, false), {{"min_px", std::int64_t{5}}});
  const auto list = outlines(segments_of(folder));
  EXPECT_FALSE(list.empty());
  for (const Outline& o : list) EXPECT_GE(o.pixels, 5);
}

TEST(SegmentFinder, joins_arms_that_meet_further_down) {
  SegmentFinder finder(5);
  std::int32_t row[5];
  const std::uint16_t rows[3][5] = {{7, 0, 7, 0, 3}, {7, 0, 7, 0, 0}, {7, 7, 7, 0, 3}};
  for (const auto& labels : rows) finder.add_row(labels, nullptr, row);
  const auto number = finder.finish();
  ASSERT_EQ(finder.segments().size(), 3u);
  EXPECT_EQ(finder.segments()[0].pixels, 7);
  EXPECT_EQ(number[std::size_t(row[1])], 1);
  EXPECT_EQ(number[std::size_t(row[4])], 3);
}

TEST(Mask, carries_names_and_colours_in_the_file_its_sidecar_and_its_style) {
  const test::TempFolder folder;
  test::Image image = test::make_image(300, 200, 1, [](int, int x, int y) { return 1 + (x / 40 + y / 40) % 2; });
  image.info.type = SampleType::u8;
  image.info.nodata = 0;
  image.info.classes = {{1, "wet & \"green\"", {10, 200, 30}}, {2, "<dry>", {250, 128, 1}}};
  test::write("write_mask", folder, image);
  const std::string path = test::written(folder);
  const DatasetPtr file(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER));
  GDALRasterBand& band = *file->GetRasterBand(1);
  EXPECT_EQ(band.GetColorInterpretation(), GCI_PaletteIndex);
  EXPECT_EQ(band.GetColorTable()->GetColorEntry(2)->c1, 250);
  EXPECT_STREQ(band.GetCategoryNames()[2], "<dry>");
  ASSERT_TRUE(band.GetDefaultRAT());
  EXPECT_STREQ(band.GetDefaultRAT()->GetValueAsString(0, 1), "wet & \"green\"");
  EXPECT_TRUE(std::filesystem::exists(path + ".aux.xml"));
  std::ifstream in(std::filesystem::path(path).replace_extension(".qml"));
  const std::string style{std::istreambuf_iterator<char>(in), {}};
  CPLXMLNode* tree = CPLParseXMLString(style.c_str());
  ASSERT_TRUE(tree);
  const CPLXMLNode* renderer = CPLGetXMLNode(tree, "=qgis.pipe.rasterrenderer");
  EXPECT_STREQ(CPLGetXMLValue(renderer, "type", ""), "paletted");
  const CPLXMLNode* entry = CPLGetXMLNode(renderer, "colorPalette")->psChild;
  EXPECT_STREQ(CPLGetXMLValue(entry, "label", ""), "wet & \"green\"");
  EXPECT_STREQ(CPLGetXMLValue(entry, "color", ""), "#0ac81e");
  EXPECT_STREQ(CPLGetXMLValue(entry->psNext, "value", ""), "2");
  CPLDestroyXMLNode(tree);
}

}  // namespace
}  // namespace nadir
