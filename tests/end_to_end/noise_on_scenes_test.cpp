// Known noise on real scenes: what estimate_noise finds beyond the scene's own.
#include <gtest/gtest.h>

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
  /// The weakest noise, in percent of the range, that stands out from the scene itself; 100: none.
  double least_percent;
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

class NoiseOnScenes : public ::testing::TestWithParam<Scene> {};

TEST_P(NoiseOnScenes, is_found_within_a_tenth_from_one_to_five_percent_of_the_range) {
  NADIR_NEEDS_DATA(path, std::string("scenes/") + GetParam().file);
  configure_io(std::size_t{64} << 20);
  const test::Image image = read_scene(path, GetParam().zero_is_fill);
  const double range = range_of(image), own = noise_of(image);
  for (const double percent : {1.0, 2.0, 5.0}) {
    const double sigma = range * percent / 100;
    const test::Image noisy = test::apply(noise_stage(), {{"sigma_dn", sigma}, {"seed", std::int64_t{11}}}, {&image});
    const double found = noise_of(noisy);
    const double added = std::sqrt(std::max(0.0, found * found - own * own));
    RecordProperty("found_at_" + std::to_string(int(percent)) + "_percent", std::to_string(added / sigma));
    std::printf("%-46s %.0f %%: %.3f of it (own %.2f %%)\n", GetParam().file, percent, added / sigma,
                100 * own / range);
    const double bound = percent >= GetParam().least_percent ? 0.1 : 1e9;
    EXPECT_NEAR(added / sigma, 1, bound) << percent << " %";
  }
}

INSTANTIATE_TEST_SUITE_P(All, NoiseOnScenes,
                         ::testing::Values(Scene{"5dded5bc0140b80006d2e565_23.tif", 1}, Scene{"L7_ETMs.tif", 1},
                                           Scene{"RGB.byte.tif", 1}, Scene{"RGB2.byte.tif", 1},
                                           Scene{"UTM2GTIF.tiff", 1}, Scene{"cog_hirise_mars.tif", 2},
                                           Scene{"cog_int16.tif", 1}, Scene{"cog_scale_epsg4326.tif", 5},
                                           Scene{"cogeo.tif", 1}, Scene{"dom1_nrw_400.tif", 1}, Scene{"goes.tif", 1},
                                           Scene{"hro_colorado_mask.tif", 1},
                                           Scene{"l8_LC81070352015122LGN00_B432_u16_150m.tif", 1, true},
                                           Scene{"phr_left_image_y_inverted.tif", 1},
                                           Scene{"pix4d_alpha_nodata.tif", 1}, Scene{"sent2_L2A_2024-08-24.tif", 100},
                                           Scene{"umbra_mount_yasur.tiff", 1}, Scene{"world.rgb.tif", 1}));

}  // namespace
}  // namespace nadir
