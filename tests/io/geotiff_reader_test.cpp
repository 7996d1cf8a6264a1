#include "io/geotiff_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "io/block_cache.h"
#include "tests/io/io_harness.h"

namespace nadir {
namespace {

using test::failure_of;
using test::TempFolder;

// A file of one or more bands with the given samples, row by row, the same in every band.
std::string make_file(const TempFolder& folder, const std::string& name, Size size, int bands, GDALDataType type,
                      std::vector<double> samples, std::optional<double> nodata = {},
                      const std::vector<std::string>& options = {}) {
  const std::string path = folder.file(name);
  const DatasetPtr file = test::create_raster(path, size, bands, type, options);
  for (int b = 1; b <= bands; ++b) {
    GDALRasterBand& band = *file->GetRasterBand(b);
    if (nodata) band.SetNoDataValue(*nodata);
    EXPECT_EQ(band.RasterIO(GF_Write, 0, 0, size.width, size.height, samples.data(), size.width, size.height,
                            GDT_Float64, 0, 0, nullptr),
              CE_None);
  }
  std::array<double, 6> grid{100, 10, 0, 200, 0, -10};
  file->SetGeoTransform(grid.data());
  return path;
}

std::vector<bool> validity(const test::Image& image) {
  std::vector<bool> valid;
  const Window w = image.info.grid.window();
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x) valid.push_back(image.valid(x, y));
  return valid;
}

TEST(ReadGeotiff, reads_every_sample_type_with_its_extreme_values) {
  const TempFolder folder;
  const std::vector<std::tuple<GDALDataType, SampleType, double, double>> cases{
      {GDT_Byte, SampleType::u8, 0, 255},
      {GDT_UInt16, SampleType::u16, 0, 65535},
      {GDT_Int16, SampleType::i16, -32768, 32767},
      {GDT_UInt32, SampleType::u32, 0, 4294967295.0},
      {GDT_Int32, SampleType::i32, -2147483648.0, 2147483647},
      {GDT_Float32, SampleType::f32, -1.5e38, 1.5e-38},
      {GDT_Float64, SampleType::f64, -1.5e38, 0.1}};
  for (const auto& [gdal, type, low, high] : cases) {
    const auto path = make_file(folder, name_of(type), {2, 1}, 1, gdal, {low, high});
    const auto image = test::read(path, {{"allow_rounding", true}});
    EXPECT_EQ(image.info.type, type);
    EXPECT_EQ(image(0, 0, 0), float(low)) << name_of(type);
    EXPECT_EQ(image(0, 1, 0), float(high)) << name_of(type);
    EXPECT_TRUE(image.valid(0, 0) && image.valid(1, 0)) << name_of(type);
  }
}

TEST(ReadGeotiff, refuses_integers_that_float32_cannot_hold_unless_told_otherwise) {
  const TempFolder folder;
  for (const char* compression : {"COMPRESS=NONE", "COMPRESS=LZW"}) {
    const auto path = make_file(folder, "u32.tif", {3, 1}, 1, GDT_UInt32, {16777216, 16777217, 5}, {}, {compression});
    const auto failure = failure_of([&] { test::read(path); });
    EXPECT_EQ(failure.fault, Fault::data);
    EXPECT_NE(failure.text.find("16777217"), std::string::npos) << failure.text;
    EXPECT_EQ(test::read(path, {{"allow_rounding", true}})(0, 1, 0), 16777216);
    EXPECT_FALSE(test::read(path, {{"nodata", std::string("16777217")}}).valid(1, 0)) << "invalid samples do not count";
  }
}

TEST(ReadGeotiff, reads_signed_bytes) {
  const TempFolder folder;
  const auto path = make_file(folder, "i8.tif", {3, 1}, 1, GDT_Byte, {1, 128, 255}, {}, {"PIXELTYPE=SIGNEDBYTE"});
  const auto image = test::read(path);
  EXPECT_EQ(image.info.type, SampleType::i8);
  EXPECT_EQ(image(0, 0, 0), 1);
  EXPECT_EQ(image(0, 1, 0), -128);
  EXPECT_EQ(image(0, 2, 0), -1);
}

TEST(ReadGeotiff, compares_nodata_in_the_type_of_the_file) {
  const TempFolder folder;
  // 16777217 and 16777216 are one float32 number.
  auto image = test::read(make_file(folder, "i32.tif", {2, 1}, 1, GDT_Int32, {16777217, 16777216}, 16777217));
  EXPECT_EQ(validity(image), (std::vector<bool>{false, true}));
  image = test::read(make_file(folder, "f32.tif", {2, 1}, 1, GDT_Float32, {-3.4e38, 1}, -3.4e38));
  EXPECT_EQ(validity(image), (std::vector<bool>{false, true}));
  image = test::read(make_file(folder, "f64.tif", {3, 1}, 1, GDT_Float64, {-1.7976931348623157e308, 1, 1e300},
                               -1.7976931348623157e308));
  EXPECT_EQ(validity(image), (std::vector<bool>{false, true, false})) << "1e300 is no float32 number";
}

TEST(ReadGeotiff, ignores_nodata_that_the_type_cannot_hold) {
  const TempFolder folder;
  const auto image = test::read(make_file(folder, "u8.tif", {2, 1}, 1, GDT_Byte, {0, 240}, -10000));
  EXPECT_EQ(validity(image), (std::vector<bool>{true, true}));
  EXPECT_FALSE(image.info.nodata);
}

TEST(ReadGeotiff, takes_nan_and_infinity_as_invalid_and_gives_zero_there) {
  const TempFolder folder;
  const auto image =
      test::read(make_file(folder, "nan.tif", {4, 1}, 2, GDT_Float32, {std::nan(""), 1, INFINITY, 2}, std::nan("")));
  EXPECT_EQ(validity(image), (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(image(1, 0, 0), 0);
  EXPECT_EQ(image(0, 2, 0), 0);
}

TEST(ReadGeotiff, lets_the_nodata_parameter_override_the_file) {
  const TempFolder folder;
  const auto path = make_file(folder, "o.tif", {3, 1}, 1, GDT_Byte, {0, 5, 9}, 9);
  EXPECT_EQ(validity(test::read(path)), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(validity(test::read(path, {{"nodata", std::string("5")}})), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(validity(test::read(path, {{"nodata", std::string("none")}})), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(failure_of([&] { test::read(path, {{"nodata", std::string("five")}}); }).fault, Fault::config);
}

TEST(ReadGeotiff, combines_alpha_and_nodata_and_never_reads_alpha_as_data) {
  const TempFolder folder;
  const std::string path = folder.file("rgba.tif");
  {
    const DatasetPtr file = test::create_raster(path, {3, 1}, 4, GDT_Byte, {"PHOTOMETRIC=RGB", "ALPHA=YES"});
    std::vector<std::uint8_t> data{10, 20, 30}, alpha{0, 255, 1};
    for (int b = 1; b <= 4; ++b) {
      auto& samples = b == 4 ? alpha : data;
      EXPECT_EQ(file->GetRasterBand(b)->RasterIO(GF_Write, 0, 0, 3, 1, samples.data(), 3, 1, GDT_Byte, 0, 0, nullptr),
                CE_None);
    }
    file->GetRasterBand(1)->SetNoDataValue(30);
  }
  const auto image = test::read(path);
  EXPECT_EQ(image.info.band_count(), 3);
  EXPECT_EQ(validity(image), (std::vector<bool>{false, true, false}));
  const auto failure = failure_of([&] { test::read(path, {{"bands", std::vector<std::string>{"4"}}}); });
  EXPECT_NE(failure.text.find("alpha"), std::string::npos);
}

TEST(ReadGeotiff, reads_internal_and_external_masks) {
  const TempFolder folder;
  for (const char* internal : {"YES", "NO"}) {
    const std::string path = folder.file(std::string("mask_") + internal + ".tif");
    {
      CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", internal);
      const DatasetPtr file = test::create_raster(path, {3, 1}, 2, GDT_Byte);
      file->CreateMaskBand(GMF_PER_DATASET);
      std::vector<std::uint8_t> data{1, 2, 3}, mask{255, 0, 255};
      for (GDALRasterBand* band : {file->GetRasterBand(1), file->GetRasterBand(2)})
        EXPECT_EQ(band->RasterIO(GF_Write, 0, 0, 3, 1, data.data(), 3, 1, GDT_Byte, 0, 0, nullptr), CE_None);
      EXPECT_EQ(file->GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Write, 0, 0, 3, 1, mask.data(), 3, 1, GDT_Byte, 0, 0,
                                                                nullptr),
                CE_None);
      CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", nullptr);
    }
    EXPECT_EQ(std::filesystem::exists(path + ".msk"), std::string(internal) == "NO");
    EXPECT_EQ(validity(test::read(path)), (std::vector<bool>{true, false, true}));
  }
}

TEST(ReadGeotiff, chooses_bands_by_number_name_and_colour_in_the_given_order) {
  const TempFolder folder;
  const std::string path = folder.file("bands.tif");
  {
    const DatasetPtr file = test::create_raster(path, {1, 1}, 3, GDT_Byte, {"PHOTOMETRIC=RGB"});
    for (int b = 1; b <= 3; ++b) {
      file->GetRasterBand(b)->Fill(b * 10);
      file->GetRasterBand(b)->SetDescription(("B0" + std::to_string(b)).c_str());
    }
  }
  const auto image = test::read(path, {{"bands", std::vector<std::string>{"b03", "1", "green"}}});
  EXPECT_EQ(image(0, 0, 0), 30);
  EXPECT_EQ(image(1, 0, 0), 10);
  EXPECT_EQ(image(2, 0, 0), 20);
  EXPECT_EQ(image.info.bands[0].name, "B03");
  EXPECT_EQ(image.info.bands[0].colour, "Blue");
  const auto failure = failure_of([&] { test::read(path, {{"bands", std::vector<std::string>{"nir"}}}); });
  EXPECT_NE(failure.text.find("bands: there is no band 'nir'; the bands are 1 (B01), 2 (B02), 3 (B03); name one"),
            std::string::npos)
      << failure.text;
  EXPECT_THROW(test::read(path, {{"bands", std::vector<std::string>{"4"}}}), Error);
}

TEST(ReadGeotiff, reads_the_window_of_a_bounding_box_and_cuts_to_a_multiple) {
  const TempFolder folder;
  std::vector<double> ramp;
  for (int i = 0; i < 70; ++i) ramp.push_back(i);
  const auto path = make_file(folder, "ramp.tif", {10, 7}, 1, GDT_Byte, ramp);
  const auto part = test::read(path, {{"bbox", std::vector<double>{120, 151, 150, 180}}});
  EXPECT_EQ(part.info.grid.window(), (Window{0, 0, 3, 3}));
  EXPECT_EQ(part.info.grid.geotransform, (std::array<double, 6>{120, 10, 0, 180, 0, -10}));
  EXPECT_EQ(part(0, 0, 0), 22);
  const auto cut = test::read(path, {{"crop_to_multiple_px", std::int64_t{4}}});
  EXPECT_EQ(cut.info.grid.window(), (Window{0, 0, 8, 4}));
  const auto outside = failure_of([&] { test::read(path, {{"bbox", std::vector<double>{0, 0, 9, 9}}}); });
  EXPECT_EQ(outside.fault, Fault::data);
  EXPECT_NE(outside.text.find("does not touch"), std::string::npos);
}

TEST(ReadGeotiff, refuses_what_it_cannot_use_with_advice) {
  const TempFolder folder;
  EXPECT_EQ(failure_of([&] { test::read(folder.file("none.tif")); }).fault, Fault::missing);
  std::ofstream(folder.file("text.tif")) << "not an image at all\n";
  EXPECT_EQ(failure_of([&] { test::read(folder.file("text.tif")); }).fault, Fault::data);
  std::ofstream(folder.file("v.vrt")) << "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"></VRTDataset>";
  const auto vrt = failure_of([&] { test::read(folder.file("v.vrt")); });
  EXPECT_NE(vrt.text.find("drivers: [VRT]"), std::string::npos) << vrt.text;
  make_file(folder, "c.tif", {1, 1}, 1, GDT_CFloat32, {1});
  const auto complex_type = failure_of([&] { test::read(folder.file("c.tif")); });
  EXPECT_NE(complex_type.text.find("CFloat32"), std::string::npos) << complex_type.text;
  const auto driver = failure_of([&] {
    test::read(folder.file("c.tif"), {{"drivers", std::vector<std::string>{"GTif"}}});
  });
  EXPECT_EQ(driver.fault, Fault::config);
  EXPECT_NE(driver.text.find("'GTiff'"), std::string::npos) << driver.text;
}

TEST(ReadGeotiff, refuses_a_file_that_declares_far_more_than_it_holds) {
  const TempFolder folder;
  test::create_raster(folder.file("bomb.tif"), {60000, 60000}, 3, GDT_UInt16,
                      {"SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=4096", "BLOCKYSIZE=4096"})
      .reset();
  const auto failure = failure_of([&] { test::read(folder.file("bomb.tif")); });
  EXPECT_EQ(failure.fault, Fault::data);
  EXPECT_NE(failure.text.find("20000 times"), std::string::npos) << failure.text;
}

TEST(ReadGeotiff, names_band_and_window_of_a_truncated_file) {
  const TempFolder folder;
  std::vector<double> ramp;
  for (int i = 0; i < 64 * 64; ++i) ramp.push_back(i);
  const auto path = make_file(folder, "cut.tif", {64, 64}, 2, GDT_UInt16, ramp, {}, {"INTERLEAVE=BAND"});
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1000);
  const auto failure = failure_of([&] { test::read(path); });
  EXPECT_EQ(failure.fault, Fault::data);
  EXPECT_NE(failure.text.find("band 2, window 0,0 64x64"), std::string::npos) << failure.text;
}

TEST(ReadGeotiff, decodes_each_block_once_for_overlapping_tiles_of_many_threads) {
  const TempFolder folder;
  const std::vector<double> flat(1024 * 768, 3);
  const auto path =
      make_file(folder, "b.tif", {1024, 768}, 2, GDT_UInt16, flat, {},
                {"TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "BLOCKXSIZE=256", "BLOCKYSIZE=512"});
  configure_io(std::size_t{64} << 20);
  const auto shared = test::source(path);
  EXPECT_EQ(shared->block(), (Size{256, 512}));
  const std::int64_t before = BlockCache::shared().loads();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int y = 0; y < 768; y += 100) {
        Tile tile(intersect({t * 240, y - 20, 304, 140}, {0, 0, 1024, 768}), 2);
        shared->read(tile.view());
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(BlockCache::shared().loads() - before, 8);
}

TEST(ReadGeotiff, reads_the_same_from_many_threads) {
  const TempFolder folder;
  std::vector<double> ramp;
  for (int i = 0; i < 300 * 200; ++i) ramp.push_back(i % 65536);
  const auto path = make_file(folder, "t.tif", {300, 200}, 3, GDT_UInt16, ramp, 17, {"TILED=YES", "COMPRESS=DEFLATE"});
  const auto shared = test::source(path);
  const test::Image whole = test::read_in_tiles(*shared, 300, 200);
  std::vector<test::Image> images(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < images.size(); ++i)
    threads.emplace_back([&, i] { images[i] = test::read_in_tiles(*shared, 37, 51); });
  for (std::thread& thread : threads) thread.join();
  for (const test::Image& image : images) test::expect_identical(whole, image);
}

}  // namespace
}  // namespace nadir
