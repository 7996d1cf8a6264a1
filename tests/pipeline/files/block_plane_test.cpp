#include "pipeline/files/block_plane.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

namespace nadir {
namespace {

class Blocks : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ =
      std::filesystem::temp_directory_path() / ("nadir_blocks_" + std::to_string(::getpid()) + ".raw");
};

TEST_F(Blocks, any_window_comes_back_as_it_was_written) {
  const BlockPlane plane{{100, 70}, 32, sizeof(std::uint16_t), 64};
  ASSERT_TRUE(create_file(path_, {}, plane.origin + plane.bytes()));
  const PositionedFile file(path_, true);
  std::mt19937 random(1);
  std::vector<std::uint16_t> image(100 * 70, 0);
  for (int round = 0; round < 200; ++round) {
    const int x = int(random() % 100), y = int(random() % 70);
    const Window w{x, y, 1 + int(random() % unsigned(100 - x)), 1 + int(random() % unsigned(70 - y))};
    const bool writes = round % 2 == 0;
    for_each_block(plane, w, [&](int, int, const Window& piece) {
      std::vector<std::uint16_t> buffer(piece_bytes(plane, piece) / 2, 0);
      const int stride = piece_stride(plane, piece);
      const auto at = [&](int px, int py) -> std::uint16_t& {
        return buffer[std::size_t((py - piece.y) * stride + px - piece.x)];
      };
      if (!writes) read_piece(file, plane, piece, reinterpret_cast<std::byte*>(buffer.data()));
      for (int py = piece.y; py < piece.bottom(); ++py)
        for (int px = piece.x; px < piece.right(); ++px) {
          std::uint16_t& sample = image[std::size_t(py * 100 + px)];
          if (writes)
            at(px, py) = sample = std::uint16_t(random());
          else
            ASSERT_EQ(at(px, py), sample) << px << "," << py;
        }
      if (writes) write_piece(file, plane, piece, reinterpret_cast<const std::byte*>(buffer.data()));
    });
  }
}

TEST_F(Blocks, a_file_is_created_once_and_found_afterwards) {
  const std::vector<std::byte> head(10, std::byte{7});
  EXPECT_TRUE(create_file(path_, head, 5000));
  EXPECT_FALSE(create_file(path_, {}, 100));
  const PositionedFile file(path_, false);
  EXPECT_EQ(file.size(), 5000U);
  std::vector<std::byte> found(12);
  file.read(found, 0);
  EXPECT_EQ(found[9], std::byte{7});
  EXPECT_EQ(found[10], std::byte{0});
}

TEST_F(Blocks, reading_beyond_the_end_is_an_error_that_names_the_file) {
  create_file(path_, {}, 100);
  const PositionedFile file(path_, false);
  std::vector<std::byte> bytes(50);
  try {
    file.read(bytes, 80);
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_NE(std::string(e.what()).find(path_), std::string::npos);
  }
}

}  // namespace
}  // namespace nadir
