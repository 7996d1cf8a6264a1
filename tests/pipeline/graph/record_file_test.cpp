#include "pipeline/graph/record_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace nadir {
namespace {

class RecordFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ =
      std::filesystem::temp_directory_path() / ("nadir_record_" + std::to_string(::getpid()) + ".yaml");
};

Record example() {
  return {{"yes", true},
          {"count", std::int64_t{-7}},
          {"third", 1.0 / 3},
          {"text", std::string("a: \"b\"\n- ünïcode")},
          {"numbers", std::vector<double>{0.1, std::nan(""), -INFINITY}},
          {"none", std::vector<double>{}},
          {"words", std::vector<std::string>{"", "true", "12"}},
          {"rows", std::vector<std::vector<double>>{{1, 2}, {}}}};
}

void expect_same(const Record& a, const Record& b) {
  ASSERT_EQ(a.fields().size(), b.fields().size());
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    EXPECT_EQ(a.fields()[i].first, b.fields()[i].first);
    EXPECT_EQ(a.fields()[i].second.index(), b.fields()[i].second.index()) << a.fields()[i].first;
    EXPECT_TRUE(a.fields()[i].first == "numbers" || a.fields()[i].second == b.fields()[i].second);
  }
}

TEST_F(RecordFile, gives_back_every_type_to_the_last_bit) {
  save_record(path_, "key", example());
  const auto back = load_record(path_, "key");
  ASSERT_TRUE(back);
  expect_same(example(), *back);
  const auto& numbers = std::get<std::vector<double>>(*back->find("numbers"));
  EXPECT_EQ(numbers[0], 0.1);
  EXPECT_TRUE(std::isnan(numbers[1]));
  EXPECT_EQ(numbers[2], -INFINITY);
}

TEST_F(RecordFile, is_not_there_for_another_key_without_file_and_when_damaged) {
  EXPECT_FALSE(load_record(path_, "key"));
  save_record(path_, "key", example());
  EXPECT_FALSE(load_record(path_, "other"));
  std::ofstream(path_) << "key: key\nfields: [{name: x, type: i, value: [";
  EXPECT_FALSE(load_record(path_, "key"));
}

TEST_F(RecordFile, saves_transforms) {
  Transform transform;
  transform.pixel = {1.25, 1, 0, -1.0 / 3, 0, 1};
  transform.reliable = false;
  transform.facts = example();
  transform.bend = Bend{{1, 2}, 3, 2, {{0.1, 0.2}}, {1, 2, 3, 4}, {5, 6, 7, 8}};
  transform.tie_points = {{{1, 2}, {3, 4}, 5, 6, 7, 8, 9, 10, {11, 12}}};
  save_value(path_, "key", transform);
  const auto back = load_value(path_, "key");
  ASSERT_TRUE(back);
  const auto& t = std::get<Transform>(*back);
  EXPECT_EQ(t.pixel, transform.pixel);
  EXPECT_FALSE(t.reliable);
  ASSERT_TRUE(t.bend);
  EXPECT_EQ(t.source(7, 9), transform.source(7, 9));
  ASSERT_EQ(t.tie_points.size(), 1U);
  EXPECT_EQ(t.tie_points[0].residual.y, 12);
  EXPECT_EQ(t.tie_points[0].band, 9);
  expect_same(transform.facts, t.facts);
}

}  // namespace
}  // namespace nadir
