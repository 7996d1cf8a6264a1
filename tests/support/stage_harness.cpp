// Images made by formulas, and the running of single stages.
#include "tests/support/stage_harness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "pipeline/backend/run_stage.h"

namespace nadir::test {
namespace {

// The window of one input, mirrored at the edges as the executors do it.
Tile cut(const Image& image, const Window& window) {
  const Size size = image.info.grid.size();
  const Window source = mirror_source(window, size);
  Tile held(unite(window, source), image.tile.bands());
  copy_pixels(image.tile.view(), held.view(), source);
  mirror_edges(held.view(), size);
  Tile tile(window, image.tile.bands());
  copy_pixels(held.view(), tile.view(), window);
  return tile;
}

StageContext make_context(const StageInfo& info, const ParamMap& params, const std::vector<const Image*>& images,
                          std::vector<Value> values) {
  StageContext context;
  context.node = info.name;
  context.params = &params;
  context.images.resize(info.inputs.size());
  for (std::size_t i = 0; i < images.size(); ++i)
    if (images[i]) context.images[i] = images[i]->info;
  values.resize(info.inputs.size());
  for (std::size_t i = 0; i < info.inputs.size(); ++i)
    context.wired.push_back(context.images[i] || values[i].index() > 0);
  context.values = std::move(values);
  return context;
}

ParamMap checked(const StageInfo& info, ParamMap params) {
  for (auto& [name, value] : params) {
    const ParamSpec* spec = find_param(info.params, name);
    if (!spec) throw std::logic_error(info.name + " has no parameter " + name);
    if (const auto complaint = check(*spec, value)) throw std::logic_error(*complaint);
  }
  return params;
}

void run_window(const TileStage& stage, const std::vector<const Image*>& images, std::size_t output,
                const std::vector<ImageInfo>& infos, const Window& window, TileView target,
                Device device = Device::cpu) {
  std::vector<Tile> tiles(images.size());
  std::vector<ConstTileView> in(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!images[i]) continue;
    const Window need = stage.needs(i, output, window);
    if (need.empty()) continue;
    tiles[i] = cut(*images[i], need);
    in[i] = tiles[i].view();
  }
  std::vector<TileView> out(infos.size());
  Tile result(window, infos[output].band_count());
  result.fill(std::nanf(""), true);
  out[output] = result.view();
  Exec exec(device);
  run_stage(stage, in, out, exec);
  copy_pixels(result.view(), target, window);
}

}  // namespace

void Image::invalidate(const Window& w) {
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      tile.view().mask()(x, y) = 0;
      for (int b = 0; b < tile.bands(); ++b) tile.view()(b, x, y) = -9999;
    }
}

Image make_image(int width, int height, int bands, const Formula& formula) {
  Image image;
  image.info.grid = {width, height, {500000, 10, 0, 4600000, 0, -10}, ""};
  image.info.bands.resize(std::size_t(bands));
  image.tile = Tile(image.info.grid.window(), bands);
  image.tile.fill(0, true);
  for (int b = 0; b < bands; ++b)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) image.tile.view()(b, x, y) = float(formula(b, x, y));
  return image;
}

Image make_texture(int width, int height, int bands, unsigned seed) {
  const double s = 0.7 + 0.13 * (seed % 17);
  return make_image(width, height, bands, [s](int b, int x, int y) {
    const double smooth = std::sin(0.05 * s * x + b) * std::cos(0.07 * y - s);
    const double edges = std::sin(0.21 * x * s + 0.17 * y) > 0.3 ? 1 : -1;
    const double fine = std::sin(1.3 * x + 0.7 * y * s + b) * std::sin(0.9 * y);
    return 127.5 + 60 * smooth + 45 * edges + 20 * fine;
  });
}

std::unique_ptr<TileStage> make_tile_stage(const StageInfo& info, const ParamMap& params,
                                           const std::vector<const Image*>& images, std::vector<Value> values) {
  const ParamMap map = checked(info, params);
  return info.as<TileFactory>()->make(make_context(info, map, images, std::move(values)));
}

Image run_in_tiles(const TileStage& stage, const std::vector<const Image*>& images, int tile, std::size_t output) {
  const std::vector<ImageInfo> infos = stage.outputs();
  Image result;
  result.info = infos.at(output);
  const Window all = result.info.grid.window();
  result.tile = Tile(all, result.info.band_count());
  for (int y = 0; y < all.height; y += tile)
    for (int x = 0; x < all.width; x += tile)
      run_window(stage, images, output, infos, intersect({x, y, tile, tile}, all), result.tile.view());
  return result;
}

Image run_whole(const TileStage& stage, const std::vector<const Image*>& images, std::size_t output) {
  const Size size = stage.outputs().at(output).grid.size();
  return run_in_tiles(stage, images, std::max(size.width, size.height), output);
}

Image run_on_device(const TileStage& stage, const std::vector<const Image*>& images, std::size_t output) {
  const std::vector<ImageInfo> infos = stage.outputs();
  const Window all = infos.at(output).grid.window();
  Image result{infos[output], Tile(all, infos[output].band_count())};
  run_window(stage, images, output, infos, all, result.tile.view(), Device::cuda);
  return result;
}

Image apply(const StageInfo& info, const ParamMap& params, const std::vector<const Image*>& images,
            std::vector<Value> values) {
  return run_whole(*make_tile_stage(info, params, images, std::move(values)), images);
}

Value estimate(const StageInfo& info, const ParamMap& params, const std::vector<const Image*>& images,
               std::vector<Value> values) {
  const ParamMap map = checked(info, params);
  const auto stage = info.as<EstimateFactory>()->make(make_context(info, map, images, std::move(values)));
  std::vector<std::unique_ptr<Evidence>> evidence;
  Exec exec;
  for (const Window& block : stage->blocks()) {
    std::vector<Tile> tiles(images.size());
    std::vector<ConstTileView> in(info.inputs.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (!images[i]) continue;
      const Window need = stage->needs(i, block);
      if (need.empty()) continue;
      tiles[i] = cut(*images[i], need);
      in[i] = tiles[i].view();
    }
    evidence.push_back(stage->observe(block, in, exec));
  }
  return stage->conclude(std::move(evidence), exec);
}

void expect_identical(const Image& a, const Image& b) {
  ASSERT_EQ(a.info.grid, b.info.grid);
  ASSERT_EQ(a.tile.bands(), b.tile.bands());
  const Window w = a.info.grid.window();
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x) {
      ASSERT_EQ(a.valid(x, y), b.valid(x, y)) << "mask at " << x << "," << y;
      if (!a.valid(x, y)) continue;
      for (int band = 0; band < a.tile.bands(); ++band) {
        const float va = a(band, x, y);
        const float vb = b(band, x, y);
        ASSERT_EQ(std::memcmp(&va, &vb, sizeof va), 0)
            << "band " << band << " at " << x << "," << y << ": " << va << " and " << vb;
      }
    }
}

double max_difference(const Image& a, const Image& b) {
  double worst = 0;
  const Window w = intersect(a.info.grid.window(), b.info.grid.window());
  for (int band = 0; band < std::min(a.tile.bands(), b.tile.bands()); ++band)
    for (int y = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x)
        if (a.valid(x, y) && b.valid(x, y)) {
          const double d = std::abs(double(a(band, x, y)) - double(b(band, x, y)));
          worst = std::isnan(d) ? INFINITY : std::max(worst, d);
        }
  return worst;
}

std::string data_path(const std::string& relative) {
  const std::string path = std::string(NADIR_DATA) + "/" + relative;
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace nadir::test
