// Uncompressed files are read past GDAL; what comes out must be what GDAL gives for the same pixels compressed.
#include "io/raw_image.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/io/io_harness.h"

namespace nadir {
namespace {

using test::failure_of;
using test::TempFolder;

struct Form {
  GDALDataType type = GDT_UInt16;
  int bands = 3;
  bool interleaved = true;
  Size tile{};  ///< strips where empty
  std::optional<double> nodata = {};
};

std::vector<std::string> options_of(const Form& form) {
  std::vector<std::string> options{form.interleaved ? "INTERLEAVE=PIXEL" : "INTERLEAVE=BAND", "ALPHA=NO"};
  if (form.tile.width == 0) return options;
  options.insert(options.end(), {"TILED=YES", "BLOCKXSIZE=" + std::to_string(form.tile.width),
                                 "BLOCKYSIZE=" + std::to_string(form.tile.height)});
  return options;
}

// Samples that use the range of a byte, so every type holds them; with some infinities where the type has them.
std::string make_file(const TempFolder& folder, const std::string& name, const Form& form, Size size,
                      const std::string& more) {
  auto options = options_of(form);
  options.push_back(more);
  const DatasetPtr file = test::create_raster(folder.file(name), size, form.bands, form.type, options);
  const bool is_float = form.type == GDT_Float32 || form.type == GDT_Float64;
  std::vector<double> samples(std::size_t(size.width) * std::size_t(size.height));
  for (int b = 1; b <= form.bands; ++b) {
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = is_float && i % 97 == 0 ? HUGE_VAL : double((i * 7 + i / 31 + std::size_t(b) * 50) % 128);
    if (form.nodata) file->GetRasterBand(b)->SetNoDataValue(*form.nodata);
    EXPECT_EQ(file->GetRasterBand(b)->RasterIO(GF_Write, 0, 0, size.width, size.height, samples.data(), size.width,
                                               size.height, GDT_Float64, 0, 0, nullptr),
              CE_None);
  }
  return folder.file(name);
}

std::unique_ptr<RawImage> find_raw(const std::string& path) {
  RasterChoice choice;
  choice.path = path;
  const DatasetPtr file = open_dataset(path, GDAL_OF_RASTER, choice.drivers, "drivers");
  return RawImage::find(*file, read_layout(*file, choice), choice);
}

void expect_same(const TempFolder& folder, const Form& form, const ParamMap& params = {}) {
  const Size size{83, 61};
  const std::string raw = make_file(folder, "raw.tif", form, size, "COMPRESS=NONE");
  const std::string packed = make_file(folder, "packed.tif", form, size, "COMPRESS=DEFLATE");
  ASSERT_TRUE(find_raw(raw));
  ASSERT_FALSE(find_raw(packed));
  const auto one = test::source(raw, params);
  const auto other = test::source(packed, params);
  for (const Size tile : {Size{83, 61}, Size{17, 23}, Size{83, 5}, Size{1, 61}})
    test::expect_identical(test::read_in_tiles(*one, tile.width, tile.height),
                           test::read_in_tiles(*other, tile.width, tile.height));
}

TEST(RawImage, equals_gdal_for_every_layout_and_number_of_bands) {
  const TempFolder folder;
  for (const int bands : {1, 2, 3, 4, 7})
    for (const bool interleaved : {true, false})
      for (const Size tile : {Size{}, Size{16, 32}, Size{128, 128}}) {
        SCOPED_TRACE(std::to_string(bands) + (interleaved ? " bands together, tile " : " planes, tile ") +
                     std::to_string(tile.width));
        expect_same(folder, {GDT_UInt16, bands, interleaved, tile, 7});
      }
}

TEST(RawImage, equals_gdal_for_every_sample_type_with_and_without_nodata) {
  const TempFolder folder;
  for (const GDALDataType type : {GDT_Byte, GDT_UInt16, GDT_Int16, GDT_UInt32, GDT_Int32, GDT_Float32, GDT_Float64})
    for (const auto nodata : {std::optional<double>{}, std::optional<double>{50}}) {
      SCOPED_TRACE(GDALGetDataTypeName(type));
      expect_same(folder, {type, 3, true, {32, 16}, nodata});
    }
}

TEST(RawImage, equals_gdal_for_some_bands_in_another_order) {
  const TempFolder folder;
  for (const bool interleaved : {true, false})
    expect_same(folder, {GDT_Int16, 5, interleaved, {}, 3}, {{"bands", std::vector<std::string>{"4", "2"}}});
}

TEST(RawImage, gives_what_gdal_gives_where_blocks_of_a_sparse_file_are_not_stored) {
  const TempFolder folder;
  for (const auto nodata : {std::optional<double>{}, std::optional<double>{9}}) {
    const std::string path = folder.file("sparse.tif");
    {
      const DatasetPtr file = test::create_raster(path, {70, 40}, 2, GDT_Int16,
                                                  {"SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"});
      if (nodata) file->GetRasterBand(1)->SetNoDataValue(*nodata);
      std::vector<std::int16_t> some(32 * 16, 5);
      for (int b = 1; b <= 2; ++b)
        EXPECT_EQ(
            file->GetRasterBand(b)->RasterIO(GF_Write, 32, 16, 32, 16, some.data(), 32, 16, GDT_Int16, 0, 0, nullptr),
            CE_None);
    }
    ASSERT_TRUE(find_raw(path));
    const test::Image image = test::read_in_tiles(*test::source(path), 50, 30);
    EXPECT_EQ(image(1, 40, 20), 5);
    EXPECT_EQ(image(1, 0, 0), 0);
    EXPECT_EQ(image.valid(0, 0), !nodata);
    EXPECT_TRUE(image.valid(40, 20));
  }
}

TEST(RawImage, is_for_plain_files_only) {
  const TempFolder folder;
  for (const char* option : {"COMPRESS=LZW", "NBITS=12", "ENDIANNESS=BIG"})
    EXPECT_FALSE(find_raw(make_file(folder, "a.tif", {}, {20, 20}, option))) << option;
  const std::string path = make_file(folder, "cut.tif", {}, {20, 20}, "COMPRESS=NONE");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_FALSE(find_raw(path)) << "cut off";
}

TEST(RawImage, takes_an_image_that_is_one_strip) {
  const TempFolder folder;
  const std::string path = make_file(folder, "strip.tif", {GDT_Byte, 1, true, {}, {}}, {4000, 3000}, "BLOCKYSIZE=3000");
  ASSERT_TRUE(find_raw(path));
  const test::Image image = test::read_in_tiles(*test::source(path), 512, 512);
  const std::size_t at = 2999 * 4000 + 1234;
  EXPECT_EQ(image(0, 1234, 2999), float((at * 7 + at / 31 + 50) % 128));
}

TEST(RawImage, notices_a_file_that_ends_early_changes_or_goes_away_while_it_is_read) {
  const TempFolder folder;
  const std::string path = make_file(folder, "f.tif", {}, {200, 200}, "COMPRESS=NONE");
  const auto raw = find_raw(path);
  const auto source = test::source(path);
  Tile tile({0, 0, 200, 200}, 3);
  source->read(tile.view());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto cut = failure_of([&] { raw->read(tile.window(), tile.view()); });
  EXPECT_NE(cut.text.find("cut off"), std::string::npos) << cut.text;
  const auto changed = failure_of([&] { source->read(tile.view()); });
  EXPECT_EQ(changed.fault, Fault::data);
  EXPECT_NE(changed.text.find("f.tif: was changed"), std::string::npos) << changed.text;
  std::filesystem::remove(path);
  EXPECT_EQ(failure_of([&] { source->read(tile.view()); }).fault, Fault::missing);
}

}  // namespace
}  // namespace nadir
