#include "io/block_cache.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace nadir {
namespace {

// Loads a block whose bytes say which block it is, and counts.
struct Loader {
  BlockCache& cache;
  std::atomic<int> loads{0};

  DecodedBlock operator()(std::uint64_t block, std::size_t bytes = 100, std::uint64_t image = 1) {
    return cache.get({image, 0, block}, bytes, [&](std::byte* to) {
      ++loads;
      std::fill_n(to, bytes, std::byte(block));
    });
  }
};

TEST(BlockCache, loads_a_block_once_and_forgets_what_was_not_asked_for_the_longest) {
  BlockCache cache(300);
  Loader load{cache};
  for (const int block : {1, 2, 3, 1}) EXPECT_EQ(load(std::uint64_t(block))[99], std::byte(block));
  EXPECT_EQ(load.loads, 3);
  load(4);
  EXPECT_EQ(cache.held(), 300u);
  load(1);
  load(3);
  EXPECT_EQ(load.loads, 4) << "2 was the oldest";
  load(2);
  EXPECT_EQ(load.loads, 5);
}

TEST(BlockCache, stays_within_its_limit_but_holds_a_larger_block_alone) {
  BlockCache cache(1000);
  Loader load{cache};
  for (std::uint64_t block = 0; block < 50; ++block) {
    load(block, 90 + block);
    EXPECT_LE(cache.held(), 1000u);
  }
  load(99, 5000);
  EXPECT_EQ(cache.held(), 5000u);
  load(1);
  EXPECT_EQ(cache.held(), 100u);
  cache.set_limit(10);
  EXPECT_EQ(cache.held(), 0u);
}

TEST(BlockCache, keeps_what_a_reader_holds) {
  BlockCache cache(200);
  Loader load{cache};
  const DecodedBlock held = load(1);
  load(2);
  load(3);
  load(1);
  EXPECT_EQ(load.loads, 3);
  EXPECT_EQ(held[0], std::byte(1));
}

TEST(BlockCache, forgets_one_image_and_keeps_the_others) {
  BlockCache cache(1000);
  Loader load{cache};
  for (std::uint64_t image = 1; image <= 3; ++image) load(7, 100, image);
  cache.forget(2);
  EXPECT_EQ(cache.held(), 200u);
  load(7, 100, 1);
  load(7, 100, 3);
  EXPECT_EQ(load.loads, 3);
}

TEST(BlockCache, lets_the_next_reader_try_where_loading_failed) {
  BlockCache cache(1000);
  Loader load{cache};
  const auto fail = [](std::byte*) { throw std::runtime_error("damaged"); };
  EXPECT_THROW(cache.get({1, 0, 1}, 100, fail), std::runtime_error);
  EXPECT_EQ(cache.held(), 0u);
  EXPECT_EQ(load(1)[0], std::byte(1));
}

TEST(BlockCache, loads_once_for_many_threads_that_ask_at_the_same_time) {
  BlockCache cache(100000);
  Loader load{cache};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t block = 0; block < 200; ++block) EXPECT_EQ(load(block)[50], std::byte(block));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(load.loads, 200);
}

TEST(BlockCache, gives_right_pixels_to_many_threads_while_blocks_come_and_go) {
  BlockCache cache(500);
  Loader load{cache};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 2000; ++i) {
        const std::uint64_t block = (i * (t + 3)) % 17;
        EXPECT_EQ(load(block)[i % 100], std::byte(block));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.held(), 500u);
}

}  // namespace
}  // namespace nadir
