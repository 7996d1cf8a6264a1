#include "stages/super_resolution/guide_mix.h"

#include <gtest/gtest.h>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

ImageInfo image_of(std::vector<BandInfo> bands) {
  ImageInfo info;
  info.bands = std::move(bands);
  return info;
}

std::vector<float> weights(const std::string& choice, const ImageInfo& image, const Record* statistics = nullptr) {
  return guide_mix(choice, image, std::vector<BandScale>(image.bands.size()), statistics).weights;
}

BandInfo named(const char* name) {
  BandInfo band;
  band.name = name;
  return band;
}

BandInfo coloured(const char* colour) {
  BandInfo band;
  band.colour = colour;
  return band;
}

TEST(GuideMix, mean_weighs_all_bands_alike) {
  EXPECT_EQ(weights("mean", image_of(std::vector<BandInfo>(4))), (std::vector<float>{0.25f, 0.25f, 0.25f, 0.25f}));
}

TEST(GuideMix, luma_finds_its_bands_by_colour_and_by_name) {
  const std::vector<float> bgrn{0.114f, 0.587f, 0.299f, 0};
  EXPECT_EQ(weights("luma", image_of({coloured("Blue"), coloured("Green"), coloured("Red"), coloured("")})), bgrn);
  EXPECT_EQ(weights("luma", image_of({named("B2 blue"), named("B3 green"), named("B4 red"), named("B8 NIR")})), bgrn);
  try {
    weights("luma", image_of({named("B3 green"), named("B8 NIR")}));
    ADD_FAILURE();
  } catch (const Error& e) {
    for (const char* part : {"red", "1 (B3 green)", "2 (B8 NIR)", "pc1"})
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(GuideMix, takes_one_band_by_number_name_or_colour) {
  const ImageInfo image = image_of({named("blue"), named("B8 NIR"), coloured("Red")});
  EXPECT_EQ(weights("2", image), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(weights("b8 nir", image), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(weights("red", image), (std::vector<float>{0, 0, 1}));
  for (const char* wrong : {"0", "4", "green", ""}) EXPECT_THROW(weights(wrong, image), Error) << wrong;
}

TEST(GuideMix, pc1_points_where_the_bands_vary_most) {
  // Band 2 is three times band 1 and band 3 its opposite: (1, 3, -1) in samples; the gains undo the three.
  const Record statistics{{"covariance", std::vector<std::vector<double>>{{4, 12, -4}, {12, 36, -12}, {-4, -12, 4}}}};
  std::vector<BandScale> scales(3);
  scales[1].gain = 1 / 3.0f;
  const GuideMix mix = guide_mix("pc1", image_of(std::vector<BandInfo>(3)), scales, &statistics);
  for (const std::size_t b : {0u, 1u}) EXPECT_NEAR(mix.weights[b], 1 / 3.0, 1e-6);
  EXPECT_NEAR(mix.weights[2], -1 / 3.0, 1e-6);
  EXPECT_NEAR(mix.offset, 128 * 2 / 3.0, 1e-4);
}

TEST(GuideMix, pc1_is_the_mean_until_statistics_are_known_and_where_nothing_varies) {
  const ImageInfo image = image_of(std::vector<BandInfo>(2));
  const std::vector<float> mean{0.5f, 0.5f};
  EXPECT_EQ(weights("pc1", image), mean);
  const Record flat{{"covariance", std::vector<std::vector<double>>{{0, 0}, {0, 0}}}};
  EXPECT_EQ(weights("pc1", image, &flat), mean);
  const Record other{{"sigma", std::vector<double>{0, 0}}};
  EXPECT_EQ(weights("pc1", image, &other), mean);
}

}  // namespace
}  // namespace nadir
