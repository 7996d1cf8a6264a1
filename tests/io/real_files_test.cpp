// Every real and every damaged raster at hand, against GDAL reading it in another way.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>

#include "tests/io/io_harness.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> rasters_below(const std::string& root) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (EQUAL(extension.c_str(), ".tif") || EQUAL(extension.c_str(), ".tiff")))
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<double> whole_band(GDALRasterBand& band) {
  std::vector<double> samples(std::size_t(band.GetXSize()) * std::size_t(band.GetYSize()));
  EXPECT_EQ(band.RasterIO(GF_Read, 0, 0, band.GetXSize(), band.GetYSize(), samples.data(), band.GetXSize(),
                          band.GetYSize(), GDT_Float64, 0, 0, nullptr),
            CE_None);
  const char* pixel_type = band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE");
  if (pixel_type && EQUAL(pixel_type, "SIGNEDBYTE"))
    for (double& sample : samples) sample = double(std::int8_t(std::uint8_t(sample)));
  return samples;
}

// Valid by GDAL's own masks of all bands, by alpha, and by being finite.
std::vector<bool> expected_validity(GDALDataset& file) {
  std::vector<bool> valid(std::size_t(file.GetRasterXSize()) * std::size_t(file.GetRasterYSize()), true);
  for (int b = 1; b <= file.GetRasterCount(); ++b) {
    GDALRasterBand& band = *file.GetRasterBand(b);
    const bool alpha = band.GetColorInterpretation() == GCI_AlphaBand;
    const std::vector<double> mask = whole_band(alpha ? band : *band.GetMaskBand());
    const std::vector<double> samples = whole_band(band);
    for (std::size_t i = 0; i < valid.size(); ++i)
      valid[i] = valid[i] && mask[i] != 0 && std::isfinite(float(samples[i]));
  }
  return valid;
}

void expect_equals_gdal(const test::Image& image, GDALDataset& file, const std::string& path) {
  const std::vector<bool> valid = expected_validity(file);
  const auto width = std::size_t(image.info.grid.width);
  std::size_t wrong = 0;
  int band = 0;
  for (int b = 1; b <= file.GetRasterCount(); ++b) {
    if (file.GetRasterBand(b)->GetColorInterpretation() == GCI_AlphaBand) continue;
    const std::vector<double> samples = whole_band(*file.GetRasterBand(b));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const int x = int(i % width), y = int(i / width);
      wrong += image.valid(x, y) != valid[i] || (valid[i] && image(band, x, y) != float(samples[i]));
    }
    ++band;
  }
  EXPECT_EQ(wrong, 0u) << path;
}

TEST(RealScenes, equal_what_gdal_reads_in_one_piece) {
  NADIR_NEEDS_DATA(root, "scenes");
  for (const std::string& path : rasters_below(root)) {
    const std::string name = fs::path(path).filename().string();
    if (name == "cog_gcps.tif" || name == "test_rpcs.tif") {
      EXPECT_NE(test::failure_of([&] { test::source(path); }).text.find("gdalwarp"), std::string::npos) << path;
      continue;
    }
    if (name == "cog_cmap.tif") continue;  // 62 Mpixel, takes seconds and adds nothing
    const auto source = test::source(path);
    const DatasetPtr file = open_dataset(path, GDAL_OF_RASTER, {"GTiff"}, "drivers");
    expect_equals_gdal(test::read_in_tiles(*source, 333, 257), *file, path);
  }
}

TEST(RealScenes, refuse_a_foreign_container_politely) {
  NADIR_NEEDS_DATA(path, "scenes/wv3_20_rpc.NTF");
  const auto failure = test::failure_of([&, p = path] { test::source(p); });
  EXPECT_EQ(failure.fault, Fault::data);
  EXPECT_NE(failure.text.find("NITF"), std::string::npos) << failure.text;
}

TEST(HostileFiles, that_are_odd_but_valid_equal_gdal_or_are_declined) {
  NADIR_NEEDS_DATA(root, "hostile/valid_odd");
  int compared = 0;
  for (const std::string& path : rasters_below(root)) {
    std::unique_ptr<Source> source;
    try {
      source = test::source(path, {{"allow_rounding", true}});
    } catch (const Error&) {
      continue;
    }
    if (source->info().grid.window().area() > 4'000'000) continue;
    const DatasetPtr file = open_dataset(path, GDAL_OF_RASTER, {"GTiff"}, "drivers");
    expect_equals_gdal(test::read_in_tiles(*source, 100, 64), *file, path);
    ++compared;
  }
  EXPECT_GE(compared, 280);
}

// Reads everything in tiles, without holding the image.
void read_through(const std::string& path) {
  const auto source = test::source(path);
  const Window all = source->info().grid.window();
  const int side = source->info().band_count() > 64 ? 64 : 512;
  for (int y = 0; y < all.height; y += side)
    for (int x = 0; x < all.width; x += side) {
      Tile tile(intersect({x, y, side, side}, all), source->info().band_count());
      source->read(tile.view());
    }
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

struct Tally {
  int read = 0;
  int refused = 0;
};

Tally read_folder(const std::string& root) {
  Tally tally;
  for (const std::string& path : rasters_below(root)) {
    const auto start = std::chrono::steady_clock::now();
    try {
      read_through(path);
      ++tally.read;
    } catch (const Error& error) {
      ++tally.refused;
      EXPECT_NE(std::string(error.what()).find(fs::path(path).filename().string()), std::string::npos) << error.what();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 5) << path;
    EXPECT_LT(peak_mib(), 1024) << path;
  }
  return tally;
}

TEST(HostileFiles, end_quickly_and_in_little_memory) {
  NADIR_NEEDS_DATA(root, "hostile");
  configure_io(std::size_t{64} << 20);
  for (const char* kind : {"reject", "damaged", "bomb", "valid_odd"}) {
    const Tally tally = read_folder(root + "/" + kind);
    std::printf("%s: %d read, %d refused, peak %.0f MiB\n", kind, tally.read, tally.refused, peak_mib());
    EXPECT_TRUE(std::string(kind) != "reject" || tally.read == 0);
  }
}

}  // namespace
}  // namespace nadir
