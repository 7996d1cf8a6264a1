#include "pipeline/files/tile_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class Journal : public test::TemporaryFolder {
 protected:
  void add(const std::string& unit, const std::string& key, std::initializer_list<int> columns) {
    TileJournal journal(stem_, unit, key);
    for (const int x : columns) journal.add({{x, 2, 3, 4}, {x + 1, 0, 5, 6}, std::uint64_t(x) * 7});
  }
  std::vector<int> columns(const std::string& unit, const std::string& key) {
    const TileJournal journal(stem_, unit, key);
    std::vector<int> found;
    for (const TileRecord& r : journal.earlier()) found.push_back(r.window.x);
    return found;
  }
  std::string file(const std::string& unit = "") const { return stem_ + ".journal" + (unit.empty() ? "" : "." + unit); }

  const std::string stem_ = (dir_ / "out").string();
};

TEST_F(Journal, gives_back_what_was_added) {
  add("", "key", {1, 2});
  add("", "key", {3});
  EXPECT_EQ(columns("", "key"), (std::vector{1, 2, 3}));
  const TileJournal journal(stem_, "", "key");
  EXPECT_EQ(journal.earlier()[1].counts, (std::array<std::int64_t, 4>{3, 0, 5, 6}));
  EXPECT_EQ(journal.earlier()[1].content, 14U);
}

TEST_F(Journal, starts_anew_with_another_key) {
  add("", "key", {1, 2});
  EXPECT_TRUE(columns("", "other").empty());
  EXPECT_TRUE(columns("", "key").empty()) << "the other key has overwritten it";
}

TEST_F(Journal, adds_up_what_units_wrote_and_counts_no_window_twice) {
  add("1-of-2", "key", {1, 2});
  add("2-of-2", "key", {2, 3});
  add("3-of-2", "stale", {9});
  EXPECT_EQ(columns("", "key"), (std::vector{1, 2, 3}));
  EXPECT_EQ(columns("2-of-2", "key"), (std::vector{1, 2, 3}));
}

TEST_F(Journal, keeps_the_good_part_of_a_torn_file_and_goes_on_behind_it) {
  add("", "key", {1, 2, 3});
  fs::resize_file(file(), fs::file_size(file()) - 10);
  EXPECT_EQ(columns("", "key"), (std::vector{1, 2}));
  add("", "key", {4});
  EXPECT_EQ(columns("", "key"), (std::vector{1, 2, 4}));
}

TEST_F(Journal, stops_at_a_damaged_record) {
  add("", "key", {1, 2, 3});
  std::fstream out(file(), std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(32 + 64 + 5);
  out.put('x');
  out.close();
  EXPECT_EQ(columns("", "key"), (std::vector{1}));
}

TEST_F(Journal, tells_whether_a_dir_holds_work) {
  EXPECT_FALSE(TileJournal::holds_work(dir_.string()));
  add("", "key", {});
  EXPECT_FALSE(TileJournal::holds_work(dir_.string()));
  add("", "key", {1});
  EXPECT_TRUE(TileJournal::holds_work(dir_.string()));
  TileJournal::remove(stem_);
  EXPECT_TRUE(fs::is_empty(dir_));
}

}  // namespace
}  // namespace nadir
