#include "io/geotiff_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#include "pipeline/core/survey.h"
#include "tests/io/io_harness.h"

namespace nadir {
namespace {

using test::TempFolder;

const char* const kUtm = "EPSG:32632";

ImageInfo described(test::Image& image, SampleType type) {
  image.info.type = type;
  image.info.grid.crs_wkt = to_wkt(std::make_unique<OGRSpatialReference>(parse_crs(kUtm, "test")).get());
  for (std::size_t b = 0; b < image.info.bands.size(); ++b)
    image.info.bands[b] = {"band " + std::to_string(b), 0.5, -3, b == 0 ? "Red" : ""};
  image.info.metadata = {{"SENSOR", "Test-1"}, {"noise_sigma", "0.25"}};
  return image.info;
}

test::Image ramp(SampleType type, int bands = 2, int width = 300, int height = 257) {
  test::Image image =
      test::make_image(width, height, bands, [](int b, int x, int y) { return (x + 3 * y + b) % 250 + 1; });
  described(image, type);
  image.invalidate({10, 20, 30, 5});
  return image;
}

std::int64_t integer(const Record& record, const std::string& name) {
  return std::get<std::int64_t>(*record.find(name));
}

TEST(WriteGeotiff, gives_back_every_type_with_its_metadata) {
  for (const SampleType type : {SampleType::u8, SampleType::u16, SampleType::i16, SampleType::u32, SampleType::i32,
                                SampleType::f32, SampleType::f64}) {
    const TempFolder folder;
    const test::Image image = ramp(type);
    const Record facts = test::write("write_geotiff", folder, image);
    const test::Image back = test::read(test::written(folder));
    EXPECT_EQ(back.info.type, type);
    EXPECT_EQ(back.info.grid, image.info.grid);
    EXPECT_EQ(back.info.metadata.at("SENSOR"), "Test-1");
    EXPECT_EQ(back.info.metadata.at("noise_sigma"), "0.25");
    for (std::size_t b = 0; b < 2; ++b) {
      EXPECT_EQ(back.info.bands[b].name, image.info.bands[b].name);
      EXPECT_EQ(back.info.bands[b].scale, 0.5);
      EXPECT_EQ(back.info.bands[b].offset, -3);
    }
    test::expect_identical(image, back);
    EXPECT_EQ(integer(facts, "clipped"), 0);
    EXPECT_DOUBLE_EQ(facts.number("valid_fraction", 0), 1 - 150.0 / (300 * 257));
    EXPECT_EQ(integer(facts, "bytes"), std::int64_t(std::filesystem::file_size(test::written(folder))));
    EXPECT_TRUE(folder.work_is_empty());
  }
}

TEST(WriteGeotiff, keeps_south_up_and_rotated_grids_and_grids_without_any_reference) {
  for (const auto& geotransform : {std::array<double, 6>{7, 10, 0, 9, 0, 10}, std::array<double, 6>{7, 8, 6, 9, -6, 8},
                                   std::array<double, 6>{0, 1, 0, 0, 0, 1}}) {
    const TempFolder folder;
    test::Image image = ramp(SampleType::u8);
    image.info.grid.geotransform = geotransform;
    if (geotransform == Grid{}.geotransform) image.info.grid.crs_wkt.clear();
    test::write("write_geotiff", folder, image);
    test::expect_identical(image, test::read(test::written(folder)));
  }
}

TEST(WriteGeotiff, rounds_half_to_even_clamps_and_counts) {
  const TempFolder folder;
  test::Image image = test::make_image(
      6, 1, 1, [](int, int x, int) { return std::array{0.5, 1.5, 2.5, -1.0, 255.5, 300.0}[std::size_t(x)]; });
  image.info.type = SampleType::u8;
  const Record facts = test::write("write_geotiff", folder, image);
  const test::Image back = test::read(test::written(folder));
  const std::array<float, 6> expected{0, 2, 2, 0, 255, 255};
  for (int x = 0; x < 6; ++x) EXPECT_EQ(back(0, x, 0), expected[std::size_t(x)]);
  EXPECT_EQ(integer(facts, "clipped"), 3);
}

TEST(WriteGeotiff, moves_valid_samples_away_from_the_nodata_value) {
  const TempFolder folder;
  test::Image image = test::make_image(4, 1, 1, [](int, int x, int) { return x; });
  image.info.type = SampleType::u8;
  image.info.nodata = 2;
  image.invalidate({0, 0, 1, 1});
  const Record facts = test::write("write_geotiff", folder, image);
  const test::Image back = test::read(test::written(folder));
  EXPECT_EQ(back.info.nodata, 2);
  EXPECT_FALSE(back.valid(0, 0));
  EXPECT_TRUE(back.valid(2, 0));
  EXPECT_EQ(back(0, 2, 0), 3);
  EXPECT_EQ(integer(facts, "nudged"), 1);
}

TEST(WriteGeotiff, keeps_valid_floats_that_gdal_would_take_for_nodata) {
  const float eps = std::numeric_limits<float>::epsilon();
  for (const SampleType type : {SampleType::f32, SampleType::f64})
    for (const float nodata : {5.0f, 1.0f, 0.0f, -9999.0f}) {
      const TempFolder folder;
      test::Image image = test::make_image(6, 1, 1, [&](int, int x, int) { return nodata * (1 + float(x - 3) * eps); });
      image.info.type = type;
      image.info.nodata = nodata;
      image.invalidate({0, 0, 1, 1});
      test::write("write_geotiff", folder, image);
      const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
      std::array<std::uint8_t, 6> valid{};
      ASSERT_EQ(file->GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Read, 0, 0, 6, 1, valid.data(), 6, 1, GDT_Byte, 0, 0,
                                                                nullptr),
                CE_None);
      EXPECT_EQ(valid, (std::array<std::uint8_t, 6>{0, 255, 255, 255, 255, 255})) << nodata;
    }
}

TEST(WriteGeotiff, writes_a_mask_band_where_no_nodata_value_fits) {
  const TempFolder folder;
  test::Image image = ramp(SampleType::u8);
  image.info.nodata = -9999;
  test::write("write_geotiff", folder, image);
  const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
  EXPECT_TRUE(file->GetRasterBand(1)->GetMaskFlags() & GMF_PER_DATASET);
  test::Image back = test::read(test::written(folder));
  EXPECT_FALSE(back.info.nodata);
  test::expect_identical(image, back);
}

TEST(WriteGeotiff, marks_invalid_floats_by_nan_and_takes_nan_as_invalid) {
  const TempFolder folder;
  test::Image image = ramp(SampleType::f32);
  image.tile.view()(1, 200, 100) = std::nanf("");
  test::write("write_geotiff", folder, image);
  const test::Image back = test::read(test::written(folder));
  ASSERT_TRUE(back.info.nodata);
  EXPECT_TRUE(std::isnan(*back.info.nodata));
  image.invalidate({200, 100, 1, 1});
  test::expect_identical(image, back);
}

TEST(WriteGeotiff, converts_to_the_type_asked_for_with_every_compression) {
  for (const char* compression : {"zstd", "deflate", "lzw", "none"}) {
    const TempFolder folder;
    const test::Image image = ramp(SampleType::f32);
    test::write(
        "write_geotiff", folder, image,
        {{"type", std::string("i16")}, {"compression", std::string(compression)}, {"block_px", std::int64_t{128}}});
    const test::Image back = test::read(test::written(folder));
    EXPECT_EQ(back.info.type, SampleType::i16);
    test::expect_identical(image, back);
  }
}

TEST(WriteGeotiff, is_a_tiled_cog_with_overviews_unless_told_otherwise) {
  for (const bool overviews : {true, false}) {
    const TempFolder folder;
    test::write("write_geotiff", folder, ramp(SampleType::u16, 1, 700, 300), {{"overviews", overviews}});
    const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
    EXPECT_STREQ(file->GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG");
    int width = 0, height = 0;
    file->GetRasterBand(1)->GetBlockSize(&width, &height);
    EXPECT_EQ(width, 512);
    EXPECT_EQ(height, 512);
    EXPECT_EQ(file->GetRasterBand(1)->GetOverviewCount(), overviews ? 2 : 0);
  }
}

TEST(WriteGeotiff, has_all_overviews_whatever_its_shape_and_mask) {
  for (const Size size : {Size{720, 360}, Size{1500, 40}, Size{2000, 1900}})
    for (const bool hole : {false, true})
      for (const char* compression : {"zstd", "none"}) {
        const TempFolder folder;
        test::Image image =
            test::make_image(size.width, size.height, 1, [](int, int x, int y) { return (x + y) % 250; });
        image.info.type = SampleType::u8;
        if (hole) image.invalidate({5, 6, 7, 8});
        test::write("write_geotiff", folder, image, {{"compression", std::string(compression)}}, 512);
        const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
        int expected = 0;
        for (int side = size.width; side > 256; side = (side + 1) / 2) ++expected;
        EXPECT_EQ(file->GetRasterBand(1)->GetOverviewCount(), expected) << size.width << " " << hole << compression;
        test::expect_identical(image, test::read(test::written(folder)));
      }
}

TEST(WriteGeotiff, does_not_turn_a_fourth_byte_band_into_alpha) {
  const TempFolder folder;
  test::Image image = ramp(SampleType::u8, 4);
  const char* colours[] = {"Red", "Green", "Blue", ""};
  for (std::size_t b = 0; b < 4; ++b) image.info.bands[b].colour = colours[b];
  test::write("write_geotiff", folder, image);
  const test::Image back = test::read(test::written(folder));
  ASSERT_EQ(back.info.band_count(), 4);
  EXPECT_EQ(back.info.bands[2].colour, "Blue");
  test::expect_identical(image, back);
}

TEST(WriteGeotiff, gives_the_same_bytes_for_any_tiling_and_number_of_threads) {
  const TempFolder a, b;
  const test::Image image = ramp(SampleType::f32, 3, 700, 600);
  test::write("write_geotiff", a, image, {}, 700);
  const auto out = test::sink("write_geotiff", b, image.info);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int y = t * 200; y < (t + 1) * 200; y += 50)
        for (int x = 0; x < 700; x += 70) out->write(ConstTileView(image.tile.view()).crop({x, y, 70, 50}));
    });
  for (std::thread& thread : threads) thread.join();
  out->finish();
  const auto bytes = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_TRUE(bytes(test::written(a)) == bytes(test::written(b)));
}

TEST(WriteGeotiff, leaves_nothing_behind_when_it_is_not_finished) {
  const TempFolder folder;
  const test::Image image = ramp(SampleType::u8);
  {
    // The pixels of a small image wait in memory where they are to be compressed.
    const auto out = test::sink("write_geotiff", folder, image.info, {{"compression", std::string("none")}});
    out->write(image.tile.view());
    EXPECT_FALSE(folder.work_is_empty());
  }
  EXPECT_FALSE(std::filesystem::exists(test::written(folder)));
  EXPECT_TRUE(folder.work_is_empty());
}

TEST(WriteGeotiff, refuses_to_finish_an_incomplete_image) {
  const TempFolder folder;
  const test::Image image = ramp(SampleType::u8);
  const auto out = test::sink("write_geotiff", folder, image.info);
  out->write(ConstTileView(image.tile.view()).crop({0, 0, 100, 100}));
  EXPECT_EQ(test::failure_of([&] { out->finish(); }).fault, Fault::internal);
  EXPECT_FALSE(std::filesystem::exists(test::written(folder)));
}

TEST(WriteGeotiff, refuses_a_block_that_is_no_multiple_of_16) {
  const TempFolder folder;
  const test::Image image = ramp(SampleType::u8);
  // The table of parameters refuses it, in the harness as in validate.
  EXPECT_THROW(test::sink("write_geotiff", folder, image.info, {{"block_px", std::int64_t{200}}}), std::logic_error);
}

TEST(WriteGeotiff, publishes_nothing_that_a_lost_program_left) {
  const TempFolder folder;
  for (const char* left : {".a.tif.unfinished", ".a.tif.unfinished.aux.xml"})
    std::ofstream(folder.file(left)) << "junk";
  Tile pixels({0, 0, 8, 4}, 1);
  pixels.fill(7, true);
  ImageInfo info;
  info.grid = {8, 4, {100, 10, 0, 500, 0, -10}, ""};
  info.type = SampleType::u8;
  info.bands = {{"a", 1, 0, ""}};
  write_geotiff_file(folder.file("a.tif"), info, std::as_const(pixels).view());
  ImageInfo found;
  EXPECT_EQ(read_whole(folder.file("a.tif"), &found).view()(0, 3, 2), 7);
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.tif.aux.xml")));
  EXPECT_FALSE(std::filesystem::exists(folder.file(".a.tif.unfinished")));
  EXPECT_FALSE(std::filesystem::exists(folder.file(".a.tif.unfinished.aux.xml")));
}

TEST(WriteMask, is_a_tiled_cog_with_palette_class_names_and_overviews) {
  const TempFolder folder;
  test::Image mask = test::make_image(500, 500, 1, [](int, int x, int y) { return (x / 100 + y / 100) % 4; });
  mask.info.classes = {{1, "forest", {17, 119, 51}}, {2, "wäter", {1, 2, 3}}, {3, "urban", {200, 100, 0}}};
  mask.invalidate({0, 0, 50, 50});
  test::write("write_mask", folder, mask);
  const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
  GDALRasterBand& band = *file->GetRasterBand(1);
  EXPECT_STREQ(file->GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG");
  EXPECT_EQ(band.GetRasterDataType(), GDT_Byte);
  EXPECT_GE(band.GetOverviewCount(), 1);
  ASSERT_TRUE(band.GetColorTable());
  EXPECT_EQ(band.GetColorTable()->GetColorEntry(1)->c2, 119);
  ASSERT_GE(CSLCount(band.GetCategoryNames()), 4);
  EXPECT_STREQ(band.GetCategoryNames()[2], "wäter");
  EXPECT_TRUE(band.GetDefaultRAT());
  ImageInfo info;
  const Tile back = read_whole(test::written(folder), &info);
  EXPECT_EQ(info.classes, mask.info.classes);
  EXPECT_FALSE(back.view().is_valid(3, 3));
  EXPECT_EQ(back.view()(0, 150, 0), 1);
  EXPECT_FALSE(back.view().is_valid(60, 60)) << "class 0 is unclassified";
}

TEST(WriteGeotiff, keeps_the_class_names_of_a_mask) {
  for (const char* compression : {"zstd", "none"}) {
    const TempFolder folder;
    test::Image mask = test::make_image(40, 30, 1, [](int, int x, int) { return x % 3; });
    mask.info.type = SampleType::u8;
    mask.info.classes = {{1, "forest", class_colour(0)}, {2, "w\u00e4ter", class_colour(1)}};
    test::write("write_geotiff", folder, mask, {{"compression", std::string(compression)}});
    const DatasetPtr file = open_dataset(test::written(folder), GDAL_OF_RASTER, {"GTiff"}, "drivers");
    EXPECT_STREQ(file->GetMetadataItem("CLASS_2"), "w\u00e4ter") << compression;
    EXPECT_EQ(test::read(test::written(folder)).info.classes, mask.info.classes) << compression;
  }
}

TEST(WriteMask, takes_away_the_style_of_other_classes) {
  const TempFolder folder;
  test::Image mask = test::make_image(20, 20, 1, [](int, int x, int) { return x % 3; });
  mask.info.type = SampleType::u8;
  mask.info.classes = {{1, "forest", {17, 119, 51}}};
  test::write("write_mask", folder, mask);
  EXPECT_TRUE(std::filesystem::exists(folder.file("scene/out.qml")));
  mask.info.classes.clear();
  test::write("write_mask", folder, mask);
  EXPECT_FALSE(std::filesystem::exists(folder.file("scene/out.qml")));
}

TEST(WriteMask, takes_16_bits_when_there_are_more_than_255_classes) {
  const TempFolder folder;
  test::Image mask = test::make_image(300, 20, 1, [](int, int x, int) { return x; });
  for (int id = 1; id <= 300; ++id)
    mask.info.classes.push_back({std::uint16_t(id), "c" + std::to_string(id), {1, 2, 3}});
  test::write("write_mask", folder, mask);
  const test::Image back = test::read(test::written(folder));
  EXPECT_EQ(back.info.type, SampleType::u16);
  EXPECT_EQ(back(0, 299, 3), 299);
  EXPECT_EQ(back.info.classes.size(), 300u);
}

TEST(WriteGeotiffFile, writes_and_reads_back_a_whole_image) {
  const TempFolder folder;
  const test::Image image = ramp(SampleType::u16, 4);
  write_geotiff_file(folder.file("new/scene.tif"), image.info, image.tile.view());
  test::Image back;
  back.tile = read_whole(folder.file("new/scene.tif"), &back.info);
  test::expect_identical(image, back);
}

}  // namespace
}  // namespace nadir
