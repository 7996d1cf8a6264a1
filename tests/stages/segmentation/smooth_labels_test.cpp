#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "pipeline/core/error.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/segmentation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Image;

// Three regions, a tenth of the pixels wrong, a hole of nodata.
Image speckled(int width, int height) {
  Image image = test::make_image(width, height, 1, [](int, int x, int y) {
    const auto dice = mix(3, std::uint64_t(x), std::uint64_t(y));
    if (dice % 10 == 0) return 1 + double(dice / 10 % 3);
    return x + y < 40 ? 1.0 : x < 50 ? 2.0 : 3.0;
  });
  image.info.type = SampleType::u8;
  image.info.nodata = 0;
  image.info.classes = {{1, "a", {}}, {2, "b", {}}, {3, "c", {}}};
  image.invalidate({20, 10, 6, 5});
  return image;
}

// The three classes with the true one mostly, but not always, the likeliest.
Image probabilities_of(const Image& labels) {
  Image p = test::make_image(labels.info.grid.width, labels.info.grid.height, 3, [&](int k, int x, int y) {
    return labels.valid(x, y) && int(labels(0, x, y)) == k + 1 ? 0.6 : 0.2;
  });
  p.info.classes = labels.info.classes;
  p.invalidate({20, 10, 6, 5});
  return p;
}

int wrong(const Image& labels) {
  int count = 0;
  for (int y = 0; y < labels.info.grid.height; ++y)
    for (int x = 0; x < labels.info.grid.width; ++x)
      count += labels.valid(x, y) && int(labels(0, x, y)) != (x + y < 40 ? 1 : x < 50 ? 2 : 3);
  return count;
}

ParamMap potts() { return {{"method", std::string("potts")}, {"iterations", std::int64_t{4}}}; }

TEST(SmoothLabels, removes_speckle_and_leaves_nodata_alone) {
  const Image image = speckled(80, 60);
  const Image p = probabilities_of(image);
  const int before = wrong(image);
  for (const auto& [params, with] :
       {std::pair(ParamMap{}, false), std::pair(potts(), false), std::pair(potts(), true)}) {
    const Image out = test::apply(smooth_labels_stage(), params, {&image, with ? &p : nullptr});
    EXPECT_LT(wrong(out), before / 3);
    EXPECT_EQ(out.info.classes, image.info.classes);
    for (int y = 0; y < 60; ++y)
      for (int x = 0; x < 80; ++x) ASSERT_EQ(out.valid(x, y), image.valid(x, y));
  }
}

TEST(SmoothLabels, majority_equals_a_plain_count) {
  const Image image = speckled(40, 40);
  const Image out = test::apply(smooth_labels_stage(), {{"radius_px", std::int64_t{2}}}, {&image, nullptr});
  for (int y = 2; y < 38; ++y)
    for (int x = 2; x < 38; ++x) {
      if (!image.valid(x, y)) continue;
      std::map<float, int> counts;
      for (int dy = -2; dy <= 2; ++dy)
        for (int dx = -2; dx <= 2; ++dx)
          if (image.valid(x + dx, y + dy)) counts[image(0, x + dx, y + dy)] += 2;
      ++counts[image(0, x, y)];
      float best = 0;
      for (const auto& [id, count] : counts)
        if (count > counts[best]) best = id;
      ASSERT_EQ(out(0, x, y), best) << x << ", " << y;
    }
}

// Stripes of equal width, class 1 leftmost or uppermost.
Image stripes(int classes, bool upright) {
  Image image = test::make_image(60, 60, 1, [&](int, int x, int y) { return 1 + (upright ? x : y) * classes / 60; });
  image.info.type = SampleType::u8;
  image.info.nodata = 0;
  return image;
}

TEST(SmoothLabels, keeps_clean_halves_and_thirds_whole_and_in_tiles) {
  for (const int classes : {2, 3})
    for (const bool upright : {false, true}) {
      const Image image = stripes(classes, upright);
      const auto stage = test::make_tile_stage(smooth_labels_stage(), {}, {&image, nullptr});
      for (const int tile : {60, 30, 20, 5})
        test::expect_identical(image, test::run_in_tiles(*stage, {&image, nullptr}, tile));
    }
}

// Invalid samples hold the very number of the class beside them.
TEST(SmoothLabels, sees_a_class_behind_invalid_samples_of_its_number) {
  Image image = test::make_image(30, 20, 1, [](int, int x, int) { return x < 12 ? 1 : 2; });
  image.info.type = SampleType::u8;
  for (int y = 0; y < 20; ++y)
    for (int x = 12; x < 18; ++x) image.tile.view().mask()(x, y) = 0;
  test::expect_identical(image, test::apply(smooth_labels_stage(), {}, {&image, nullptr}));
}

TEST(SmoothLabels, potts_without_neighbours_in_it_changes_nothing) {
  const Image image = speckled(40, 40);
  ParamMap params = potts();
  params["beta"] = 0.0;
  test::expect_identical(image, test::apply(smooth_labels_stage(), params, {&image, nullptr}));
}

TEST(SmoothLabels, gives_the_same_bits_in_tiles_of_any_size) {
  const Image image = speckled(80, 60);
  const Image p = probabilities_of(image);
  const std::vector<const Image*> inputs{&image, &p};
  for (const ParamMap& params : {ParamMap{}, potts()}) {
    const auto stage = test::make_tile_stage(smooth_labels_stage(), params, inputs);
    for (const std::size_t output : {0u, 1u, 2u})
      for (const int tile : {7, 16, 50})
        test::expect_identical(test::run_whole(*stage, inputs, output),
                               test::run_in_tiles(*stage, inputs, tile, output));
  }
}

TEST(SmoothLabels, refuses_potts_where_classes_are_not_known_and_probabilities_of_other_classes) {
  Image image = speckled(40, 40);
  Image p = probabilities_of(image);
  p.info.classes.pop_back();
  EXPECT_THROW(test::make_tile_stage(smooth_labels_stage(), potts(), {&image, &p}), Error);
  image.info.classes.clear();
  EXPECT_THROW(test::apply(smooth_labels_stage(), potts(), {&image, nullptr}), Error);
}

std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no complaint";
}

// Files of probabilities tell their bands' names at most; bands without a name may come from a model that is trained
// later, so that only pixels show how many there are.
TEST(SmoothLabels, potts_refuses_probabilities_of_another_number_of_classes_also_where_they_carry_no_names) {
  const Image image = speckled(40, 40);
  for (const int bands : {2, 5})
    for (const bool named : {true, false}) {
      Image p = test::make_image(40, 40, bands, [](int, int, int) { return 0.2; });
      for (BandInfo& b : p.info.bands) b.name = named ? "share" : "";
      const std::vector<const Image*> inputs{&image, &p};
      const std::string text = complaint([&] {
        const auto stage = test::make_tile_stage(smooth_labels_stage(), potts(), inputs);
        if (!named) test::run_whole(*stage, inputs);
      });
      EXPECT_NE(text.find("'probabilities' has " + std::to_string(bands) + " bands for 3 classes"), std::string::npos)
          << text;
    }
}

TEST(SmoothLabels, potts_refuses_probabilities_of_another_grid) {
  const Image image = speckled(40, 40);
  Image small = probabilities_of(speckled(30, 40)), moved = probabilities_of(image);
  moved.info.grid = moved.info.grid.shifted(3, 0);
  for (const Image* p : {&small, &moved}) {
    const std::string text = complaint([&] { test::make_tile_stage(smooth_labels_stage(), potts(), {&image, p}); });
    EXPECT_NE(text.find("smooth_labels"), std::string::npos) << text;
    EXPECT_NE(text.find("40 x 40 pixels"), std::string::npos) << text;
    EXPECT_NE(text.find(p == &small ? "30 x 40 pixels" : "at 500030"), std::string::npos) << text;
  }
}

// A speck of 3, one of 3 that touches it by a corner, a bar of 12, and a speck against the hole.
Image specks() {
  Image image = test::make_image(40, 30, 1, [](int, int x, int y) {
    if (y == 5 && x >= 5 && x < 8) return 2.0;
    if (y == 6 && x >= 8 && x < 11) return 2.0;
    if (y == 12 && x >= 4 && x < 16) return 3.0;
    if (y == 20 && x == 29) return 3.0;
    return x < 25 ? 1.0 : 2.0;
  });
  image.info.type = SampleType::u8;
  image.info.nodata = 0;
  image.invalidate({30, 19, 4, 4});
  return image;
}

TEST(SieveLabels, gives_specks_to_their_neighbours_and_keeps_what_is_large_enough) {
  const Image image = specks();
  const Image out = test::apply(sieve_labels_stage(), {{"min_px", std::int64_t{4}}}, {&image});
  EXPECT_EQ(out(0, 6, 5), 1);
  EXPECT_EQ(out(0, 9, 6), 1);
  EXPECT_EQ(out(0, 10, 12), 3);
  EXPECT_EQ(out(0, 29, 20), 2);
  EXPECT_FALSE(out.valid(31, 20));
  int changed = 0;
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x) changed += out.valid(x, y) && out(0, x, y) != image(0, x, y);
  EXPECT_EQ(changed, 7);
}

TEST(SieveLabels, carries_a_second_band_along) {
  const Image one = specks();
  Image two = test::make_image(40, 30, 2, [&](int b, int x, int y) { return b == 0 ? one(0, x, y) : 0.25f; });
  two.info.type = SampleType::f32;
  two.info.nodata = 0;
  const Image out = test::apply(sieve_labels_stage(), {{"min_px", std::int64_t{4}}}, {&two});
  EXPECT_EQ(out(0, 6, 5), 1);
  EXPECT_EQ(out(1, 6, 5), 0.25f);
}

TEST(SieveLabels, gives_the_same_bits_in_tiles_of_any_size) {
  const Image image = speckled(80, 60);
  for (const std::int64_t min : {2, 8, 40}) {
    const auto stage = test::make_tile_stage(sieve_labels_stage(), {{"min_px", min}}, {&image});
    for (const int tile : {5, 16, 50})
      test::expect_identical(test::run_whole(*stage, {&image}), test::run_in_tiles(*stage, {&image}, tile));
  }
}

}  // namespace
}  // namespace nadir
