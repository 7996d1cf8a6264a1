// Small files made after a pattern are those that GDAL makes, byte by byte.
#include "io/tiff_pattern.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "io/cog_file.h"
#include "tests/io/io_harness.h"

namespace nadir {
namespace {

using test::TempFolder;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

test::Image ramp(SampleType type, int bands, Size size) {
  test::Image image = test::make_image(size.width, size.height, bands,
                                       [](int b, int x, int y) { return (x * x + 3 * y + 40 * b) % 251; });
  image.info.type = type;
  image.info.grid.crs_wkt = to_wkt(std::make_unique<OGRSpatialReference>(parse_crs("EPSG:32632", "test")).get());
  image.info.grid.geotransform = {400000, 10, 0, 5500000, 0, -10};
  return image;
}

// Without a unit a small image goes by a pattern; a unit's pixels lie on disk, and GDAL makes the file.
std::string written(const test::Image& image, const CogOptions& options, const std::string& unit) {
  const TempFolder folder;
  const std::string path = folder.file("out.tif");
  CogFile file(path, {folder.file("work/out"), "key", unit, false}, image.info,
               encoding_of(image.info.type, image.info.nodata), options);
  file.write(image.tile.view());
  file.finish();
  return bytes_of(path);
}

void expect_same_bytes(const test::Image& image, const CogOptions& options = {}) {
  const std::string by_gdal = written(image, options, "a");
  for (int time = 0; time < 2; ++time) {  // the first file of its kind, and another
    const std::string by_pattern = written(image, options, "");
    EXPECT_EQ(by_pattern.size(), by_gdal.size());
    EXPECT_TRUE(by_pattern == by_gdal);
  }
}

TEST(TiffPattern, gives_gdals_bytes_for_every_type_and_compression) {
  for (const SampleType type : {SampleType::u8, SampleType::i8, SampleType::u16, SampleType::i16, SampleType::u32,
                                SampleType::i32, SampleType::f32, SampleType::f64})
    for (const Compression compression : {Compression::zstd, Compression::deflate, Compression::lzw}) {
      CogOptions options;
      options.compression = compression;
      SCOPED_TRACE(std::string(name_of(type)) + " " + std::to_string(int(compression)));
      expect_same_bytes(ramp(type, 3, {200, 256}), options);
    }
}

TEST(TiffPattern, gives_gdals_bytes_for_every_size_and_number_of_bands) {
  for (const Size size : {Size{1, 1}, Size{16, 16}, Size{130, 40}, Size{256, 256}, Size{300, 257}})
    for (const int bands : {1, 2, 5}) {
      CogOptions options;
      options.overviews = false;
      options.block_px = 128;
      SCOPED_TRACE(std::to_string(size.width) + " x " + std::to_string(size.height) + " x " + std::to_string(bands));
      expect_same_bytes(ramp(SampleType::u16, bands, size), options);
    }
}

TEST(TiffPattern, says_what_gdal_says_of_place_bands_and_nodata) {
  test::Image image = ramp(SampleType::i16, 3, {100, 90});
  image.info.nodata = -32768;
  image.info.bands = {{"red", 0.5, -3, "Red"}, {"green", 1, 0, "Green"}, {"blue & <more>", 1, 0, "Blue"}};
  image.info.metadata = {{"SENSOR", "Test-1"}, {"noise_sigma", "0.25"}};
  expect_same_bytes(image);
  for (const auto& geotransform : {std::array<double, 6>{7, 10, 0, 9, 0, 10}, std::array<double, 6>{7, 8, 6, 9, -6, 8},
                                   std::array<double, 6>{1.0 / 3, 1e-5, 0, 50.1, 0, -1e-5}}) {
    image.info.grid.geotransform = geotransform;
    expect_same_bytes(image);
  }
  image.info.grid.crs_wkt.clear();
  expect_same_bytes(image);
  image.info.grid.geotransform = Grid{}.geotransform;
  expect_same_bytes(image);
}

TEST(TiffPattern, keeps_apart_what_differs) {
  test::Image image = ramp(SampleType::u8, 1, {64, 64});
  expect_same_bytes(image);
  image.info.metadata["SENSOR"] = "A";
  expect_same_bytes(image);
  image.info.metadata["SENSOR"] = "B";
  expect_same_bytes(image);
  image.info.classes = {{1, "wood", {1, 2, 3}}};
  expect_same_bytes(image);
  image.info.classes = {{1, "water", {1, 2, 3}}};
  expect_same_bytes(image);
  image.info.classes = {{2, "water", {1, 2, 3}}};
  expect_same_bytes(image);
  image.info.metadata["TIFFTAG_SOFTWARE"] = "a tag of its own";
  expect_same_bytes(image);
  image.info.bands[0].scale = 2;
  expect_same_bytes(image);
  image.info.nodata = 255;
  expect_same_bytes(image);
  image.info.grid.crs_wkt = to_wkt(std::make_unique<OGRSpatialReference>(parse_crs("EPSG:4326", "test")).get());
  expect_same_bytes(image);
}

}  // namespace
}  // namespace nadir
