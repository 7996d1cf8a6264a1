// Known noise on real scenes: what estimate_noise finds beyond the scene's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/io.h"
#include "stages/degradation/degradation.h"
#include "stages/wavelet/wavelet.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

struct Scene {
  const char* file;
  bool zero_is_fill = false;  ///< though the file does not say so
};

void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.file; }

// The first band of the upper left 1024 x 1024 pixels.
test::Image read_scene(const std::string& path, bool zero_is_fill) {
  test::Image all;
  all.tile = read_whole(path, &all.info);
  const Window part = intersect({0, 0, 1024, 1024}, all.info.grid.window());
  test::Image image = test::make_image(part.width, part.height, 1, [&](int, int x, int y) { return all(0, x, y); });
  for (int y = 0; y < part.height; ++y)
    for (int x = 0; x < part.width; ++x)
      image.tile.view().mask()(x, y) = all.valid(x, y) && !(zero_is_fill && all(0, x, y) == 0);
  return image;
}

double range_of(const test::Image& image) {
  float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
  const Window w = image.info.grid.window();
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x)
      if (image.valid(x, y)) {
        low = std::min(low, image(0, x, y));
        high = std::max(high, image(0, x, y));
      }
  return double(high) - double(low);
}

double noise_of(const test::Image& image) {
  const Value value = test::estimate(estimate_noise_stage(), {}, {&image});
  return std::get<std::vector<double>>(*std::get<Record>(value).find("sigma"))[0];
}

// Where the scene's own noise is many times the known one, a single draw of a small scene says little: the two of them
// meet by chance. Draws are repeated until they make four million pixels.
double found_noise(const test::Image& image, double sigma, double own) {
  const int draws = std::clamp(int((1 << 22) / image.info.grid.window().area()), 1, 64);
  double added = 0;
  for (int draw = 0; draw < draws; ++draw) {
    const ParamMap params{{"sigma_dn", sigma}, {"seed", std::int64_t{11} + draw}};
    const double found = noise_of(test::apply(noise_stage(), params, {&image}));
    added += found * found - own * own;
  }
  return std::sqrt(std::max(0.0, added / draws));
}

class NoiseOnScenes : public ::testing::TestWithParam<Scene> {};

TEST_P(NoiseOnScenes, is_found_within_a_tenth_from_one_to_five_percent_of_the_range) {
  NADIR_NEEDS_DATA(path, std::string("scenes/") + GetParam().file);
  configure_io(std::size_t{64} << 20);
  const test::Image image = read_scene(path, GetParam().zero_is_fill);
  const double range = range_of(image), own = noise_of(image);
  for (const double percent : {1.0, 2.0, 5.0}) {
    const double sigma = range * percent / 100;
    const double found = found_noise(image, sigma, own);
    std::printf("%-46s %.0f %%: %.3f of it (own %.2f %%)\n", GetParam().file, percent, found / sigma,
                100 * own / range);
    EXPECT_NEAR(found / sigma, 1, 0.1) << percent << " %";
  }
}

INSTANTIATE_TEST_SUITE_P(All, NoiseOnScenes,
                         ::testing::Values(Scene{"5dded5bc0140b80006d2e565_23.tif"}, Scene{"L7_ETMs.tif"},
                                           Scene{"RGB.byte.tif"}, Scene{"RGB2.byte.tif"}, Scene{"UTM2GTIF.tiff"},
                                           Scene{"cog_hirise_mars.tif"}, Scene{"cog_int16.tif"},
                                           Scene{"cog_scale_epsg4326.tif"}, Scene{"cogeo.tif"},
                                           Scene{"dom1_nrw_400.tif"}, Scene{"goes.tif"}, Scene{"hro_colorado_mask.tif"},
                                           Scene{"l8_LC81070352015122LGN00_B432_u16_150m.tif", true},
                                           Scene{"phr_left_image_y_inverted.tif"}, Scene{"pix4d_alpha_nodata.tif"},
                                           Scene{"sent2_L2A_2024-08-24.tif"}, Scene{"umbra_mount_yasur.tiff"},
                                           Scene{"world.rgb.tif"}));

}  // namespace
}  // namespace nadir
