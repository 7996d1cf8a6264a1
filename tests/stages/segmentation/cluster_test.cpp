#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "pipeline/core/error.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/segmentation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

// Four quarters of different brightness.
test::Image quarters(int bands = 2) {
  return test::make_image(100, 100, bands, [](int b, int x, int y) {
    return 100 * (x / 50 + 2 * (y / 50)) + 7 * b + double(mix(1, std::uint64_t(x), std::uint64_t(100 * b + y)) % 9);
  });
}

TEST(Cluster, finds_groups_again_and_numbers_them_by_brightness) {
  test::Image image = quarters();
  image.invalidate({0, 0, 10, 10});
  const Value model = test::estimate(cluster_stage(), {{"clusters", std::int64_t{4}}}, {&image, nullptr});
  const auto stage = test::make_tile_stage(classify_stage(), {}, {&image, nullptr, nullptr}, {Value{}, model});
  const test::Image labels = test::run_whole(*stage, {&image, nullptr, nullptr}, 0);
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 100; ++x)
      if (image.valid(x, y)) {
        ASSERT_EQ(labels(0, x, y), 1 + x / 50 + 2 * (y / 50));
      }
  EXPECT_EQ(labels.info.classes.front().name, "cluster 1");
}

TEST(Cluster, gives_the_same_centres_every_time_and_others_for_another_seed_or_sample) {
  const test::Image image = test::make_texture(100, 100, 3, 4);
  const auto bytes = [&](std::int64_t samples) {
    return std::get<ModelPtr>(test::estimate(cluster_stage(), {{"samples", samples}}, {&image, nullptr}))->bytes();
  };
  EXPECT_EQ(bytes(2000), bytes(2000));
  EXPECT_NE(bytes(2000), bytes(1000));
}

TEST(Cluster, refuses_a_scene_with_fewer_valid_pixels_than_clusters) {
  test::Image image = quarters();
  image.invalidate({0, 0, 100, 99});
  image.invalidate({3, 99, 97, 1});
  EXPECT_THROW(test::estimate(cluster_stage(), {{"clusters", std::int64_t{4}}}, {&image, nullptr}), Error);
}

class ModelFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const Value model = test::estimate(cluster_stage(), {{"clusters", std::int64_t{4}}}, {&image_, nullptr});
    bytes_ = std::get<ModelPtr>(model)->bytes();
    path_ = std::filesystem::temp_directory_path() / ("nadir_model_" + std::to_string(::getpid()));
    std::ofstream(path_, std::ios::binary) << bytes_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Value read(const std::string& path, bool band_names = true) const {
    const StageInfo info = read_model_stage();
    const ParamMap params{{"path", path}, {"band_names", band_names}};
    StageContext context;
    context.node = "model";
    context.params = &params;
    return info.as<ValueFactory>()->make(context);
  }
  std::unique_ptr<TileStage> classify(const test::Image& image, const Value& model) const {
    return test::make_tile_stage(classify_stage(), {}, {&image, nullptr, nullptr}, {Value{}, model});
  }

  test::Image image_ = [] {
    test::Image image = quarters();
    image.info.bands[0].name = "green", image.info.bands[1].name = "red";
    return image;
  }();
  std::string bytes_;
  std::filesystem::path path_;
};

TEST_F(ModelFile, is_read_as_it_was_written) {
  EXPECT_EQ(read_classifier(bytes_)->bytes(), bytes_);
  const Record facts = std::get<ModelPtr>(read(path_))->describe();
  ASSERT_TRUE(facts.find("read_from"));
  EXPECT_EQ(std::get<std::string>(*facts.find("read_from")), path_);
  EXPECT_NO_THROW(classify(image_, read(path_)));
}

TEST_F(ModelFile, that_is_missing_or_damaged_is_refused_by_name) {
  EXPECT_THROW(read("/nowhere/model"), Error);
  EXPECT_THROW(read(""), Error);
  std::ofstream(path_, std::ios::binary) << bytes_.substr(0, 100);
  try {
    read(path_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(path_.string()), std::string::npos);
  }
}

TEST_F(ModelFile, refuses_other_bands_and_bands_in_another_order_unless_told_that_names_do_not_count) {
  EXPECT_THROW(classify(quarters(3), read(path_)), Error);
  test::Image swapped = quarters();
  swapped.info.bands = image_.info.bands;
  std::swap(swapped.info.bands[0], swapped.info.bands[1]);
  try {
    classify(swapped, read(path_));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("'green' as band 1, which is 'red' here"), std::string::npos) << e.what();
  }
  EXPECT_NO_THROW(classify(swapped, read(path_, false)));
  EXPECT_NO_THROW(classify(quarters(), read(path_)));  // has no names
}

}  // namespace
}  // namespace nadir
