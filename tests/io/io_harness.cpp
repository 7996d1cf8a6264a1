// Readers and writers run alone.
#include "tests/io/io_harness.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

namespace nadir::test {
namespace {

namespace fs = std::filesystem;

StageContext context_of(const StageInfo& stage, const ParamMap& params) {
  StageContext context;
  context.node = stage.name;
  context.params = &params;
  return context;
}

ParamMap checked(const StageInfo& stage, ParamMap params) {
  for (auto& [name, value] : params) {
    const ParamSpec* spec = find_param(stage.params, name);
    if (!spec) throw std::logic_error(stage.name + " has no parameter " + name);
    if (const auto complaint = check(*spec, value)) throw std::logic_error(*complaint);
  }
  return params;
}

}  // namespace

TempFolder::TempFolder() {
  static std::atomic<int> serial{0};
  path_ = fs::temp_directory_path() / ("nadir-io-" + std::to_string(::getpid()) + "-" + std::to_string(++serial));
  fs::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bool TempFolder::work_is_empty() const { return !fs::exists(work()) || fs::is_empty(work()); }

const StageInfo& io_stage(const std::string& name) {
  static const std::vector<StageInfo> stages = io_stages();
  for (const StageInfo& stage : stages)
    if (stage.name == name) return stage;
  throw std::logic_error("no stage " + name);
}

std::unique_ptr<Source> source(const std::string& path, const ParamMap& params) {
  const StageInfo& stage = io_stage("read_geotiff");
  const ParamMap map = checked(stage, params);
  StageContext context = context_of(stage, map);
  context.scene_path = path;
  return stage.as<SourceFactory>()->make(context);
}

Image read_in_tiles(const Source& source, int tile_width, int tile_height) {
  Image image;
  image.info = source.info();
  const Window all = image.info.grid.window();
  image.tile = Tile(all, image.info.band_count());
  for (int y = 0; y < all.height; y += tile_height)
    for (int x = 0; x < all.width; x += tile_width) {
      Tile tile(intersect({x, y, tile_width, tile_height}, all), image.info.band_count());
      source.read(tile.view());
      copy_pixels(tile.view(), image.tile.view(), tile.window());
    }
  return image;
}

Image read(const std::string& path, const ParamMap& params) {
  return read_in_tiles(*source(path, params), 1 << 20, 256);
}

std::unique_ptr<Sink> sink(const std::string& stage_name, const TempFolder& folder, const ImageInfo& info,
                           const ParamMap& params) {
  const StageInfo& stage = io_stage(stage_name);
  const ParamMap map = checked(stage, params);
  StageContext context = context_of(stage, map);
  context.images = {info};
  context.output_stem = folder.file("scene/out");
  context.work_dir = folder.work();
  return stage.as<SinkFactory>()->make(context);
}

Record write(const std::string& stage, const TempFolder& folder, const Image& image, const ParamMap& params, int tile) {
  const auto out = sink(stage, folder, image.info, params);
  const Window all = image.info.grid.window();
  for (int y = 0; y < all.height; y += tile)
    for (int x = 0; x < all.width; x += tile)
      out->write(ConstTileView(image.tile.view()).crop(intersect({x, y, tile, tile}, all)));
  return out->finish();
}

std::string written(const TempFolder& folder) { return folder.file("scene/out.tif"); }

SurveyPtr survey(const std::string& path, const ParamMap& params, const Grid* grid, std::uint64_t seed) {
  const StageInfo& stage = io_stage("read_survey");
  const ParamMap map = checked(stage, params);
  StageContext context = context_of(stage, map);
  context.truth_path = path;
  context.scene_grid = grid;
  context.seed = seed;
  return std::get<SurveyPtr>(stage.as<ValueFactory>()->make(context));
}

DatasetPtr create_raster(const std::string& path, Size size, int bands, GDALDataType type,
                         const std::vector<std::string>& options) {
  register_drivers();
  CPLStringList list;
  for (const std::string& option : options) list.AddString(option.c_str());
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  DatasetPtr dataset(driver->Create(path.c_str(), size.width, size.height, bands, type, list.List()));
  if (!dataset) throw std::logic_error("cannot create " + path);
  return dataset;
}

Failure failure_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return {error.fault(), error.what()};
  }
  ADD_FAILURE() << "no error was thrown";
  return {Fault::internal, ""};
}

}  // namespace nadir::test
