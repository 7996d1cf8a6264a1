// Images made by formulas, and the running of single stages, whole and in tiles, without any graph.
#pragma once

#include <functional>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"

namespace nadir::test {

struct Image {
  ImageInfo info;
  Tile tile;  ///< holds the whole image

  float operator()(int b, int x, int y) const { return tile.view()(b, x, y); }
  bool valid(int x, int y) const { return tile.view().is_valid(x, y); }
  void invalidate(const Window& w);
};

using Formula = std::function<double(int band, int x, int y)>;

/// An all-valid image on a metric grid (10 m pixels, upper-left corner at 500000, 4600000) without CRS.
Image make_image(int width, int height, int bands, const Formula& formula);
/// Smooth structure with edges and some fine texture, values in [0, 255], the same for the same seed.
Image make_texture(int width, int height, int bands, unsigned seed);

/// The stage that the program would make. `images` and `values` go to the ports in their order; pass nullptr or
/// Value{} for what is not wired.
std::unique_ptr<TileStage> make_tile_stage(const StageInfo& info, const ParamMap& params,
                                           const std::vector<const Image*>& images, std::vector<Value> values = {});

/// Runs a stage on the whole image, or in tiles of the given size (any size; the last ones are smaller), each tile
/// seeing only the window that it asked for.
Image run_whole(const TileStage& stage, const std::vector<const Image*>& images, std::size_t output = 0);
Image run_in_tiles(const TileStage& stage, const std::vector<const Image*>& images, int tile, std::size_t output = 0);
/// As run_whole, on the device that there must be.
Image run_on_device(const TileStage& stage, const std::vector<const Image*>& images, std::size_t output = 0);

/// make_tile_stage and run_whole in one.
Image apply(const StageInfo& info, const ParamMap& params, const std::vector<const Image*>& images,
            std::vector<Value> values = {});

/// Runs an estimate stage block by block.
Value estimate(const StageInfo& info, const ParamMap& params, const std::vector<const Image*>& images,
               std::vector<Value> values = {});

/// Bit-identical samples (where valid) and masks; reports the first difference.
void expect_identical(const Image& a, const Image& b);
/// Largest absolute difference over pixels valid in both.
double max_difference(const Image& a, const Image& b);

/// Path below the folder of real data, or an empty string where it is absent; tests then skip with a reason.
std::string data_path(const std::string& relative);

}  // namespace nadir::test

/// Skips the test, saying why, where the real data is not at hand.
#define NADIR_NEEDS_DATA(variable, relative)                       \
  const std::string variable = ::nadir::test::data_path(relative); \
  if (variable.empty()) GTEST_SKIP() << "no data at " << NADIR_DATA << "/" << relative
