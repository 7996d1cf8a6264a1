// Readers and writers run alone, on files in a folder of the test's own.
#pragma once

#include <gdal_priv.h>

#include <filesystem>
#include <string>

#include "io/gdal_handle.h"
#include "io/io.h"
#include "tests/support/stage_harness.h"

namespace nadir::test {

/// A new empty folder, removed with all it holds.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string work() const { return file("work"); }
  bool work_is_empty() const;

 private:
  std::filesystem::path path_;
};

const StageInfo& io_stage(const std::string& name);

std::unique_ptr<Source> source(const std::string& path, const ParamMap& params = {});
/// Reads a source in tiles of the given size.
Image read_in_tiles(const Source& source, int tile_width, int tile_height);
Image read(const std::string& path, const ParamMap& params = {});

std::unique_ptr<Sink> sink(const std::string& stage, const TempFolder& folder, const ImageInfo& info,
                           const ParamMap& params = {});
/// Writes an image in tiles and returns the sink's facts; the file is folder/scene/out.tif.
Record write(const std::string& stage, const TempFolder& folder, const Image& image, const ParamMap& params = {},
             int tile = 100);
std::string written(const TempFolder& folder);

SurveyPtr survey(const std::string& path, const ParamMap& params = {}, const Grid* grid = nullptr,
                 std::uint64_t seed = 0);

/// An image file made by GDAL itself, for the tests to fill; bands are written in the given type.
DatasetPtr create_raster(const std::string& path, Size size, int bands, GDALDataType type,
                         const std::vector<std::string>& options = {});

/// Runs f and returns the text of the nadir::Error that it throws, with its fault.
struct Failure {
  Fault fault;
  std::string text;
};
Failure failure_of(const std::function<void()>& f);

}  // namespace nadir::test
