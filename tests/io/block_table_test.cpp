#include "io/block_table.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

// A file of tiles or strips without gaps, `header` bytes after its start.
BlockTable table_of(Size image, Size block, bool tiled, int planes, int pixel_bytes, std::uint64_t header) {
  BlockTable table{image, block, tiled, planes, pixel_bytes, {}};
  std::uint64_t at = header;
  for (int plane = 0; plane < planes; ++plane)
    for (int row = 0; row < table.rows(); ++row)
      for (int column = 0; column < table.columns(); ++column) {
        table.offsets.push_back(at);
        at += table.block_bytes(row);
      }
  return table;
}

std::uint64_t end_of(const BlockTable& table) { return table.offsets.back() + table.block_bytes(table.rows() - 1); }

TEST(BlockTable, pieces_cover_a_window_once_at_the_places_of_its_pixels) {
  for (const auto& [block, tiled] : {std::pair{Size{16, 16}, true}, {Size{50, 7}, false}, {Size{64, 64}, true}}) {
    const BlockTable table = table_of({50, 40}, block, tiled, 2, 6, 8);
    ASSERT_TRUE(table.fits(end_of(table)));
    const Window window{3, 5, 44, 33};
    std::vector<int> seen(50 * 40, 0);
    for (const BlockPiece& piece : pieces_of(table, 1, window, 200)) {
      const std::uint64_t rows = std::uint64_t(piece.window.height);
      EXPECT_LE(piece.row_step * (rows - 1) + piece.run_bytes, 200u);
      EXPECT_EQ(piece.run_bytes, std::uint64_t(piece.window.width) * 6);
      for (int y = piece.window.y; y < piece.window.bottom(); ++y)
        for (int x = piece.window.x; x < piece.window.right(); ++x) {
          ++seen[std::size_t(y * 50 + x)];
          const std::uint64_t place = table.offset(1, x / block.width, y / block.height) +
                                      std::uint64_t((y % block.height) * block.width + x % block.width) * 6;
          EXPECT_EQ(place, piece.offset + std::uint64_t(y - piece.window.y) * piece.row_step +
                               std::uint64_t(x - piece.window.x) * 6);
        }
    }
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 50; ++x) EXPECT_EQ(seen[std::size_t(y * 50 + x)], window.contains(x, y)) << x << "," << y;
  }
}

TEST(BlockTable, splits_rows_that_are_longer_than_the_buffer_but_never_a_pixel) {
  const BlockTable table = table_of({1000, 3}, {1000, 3}, false, 1, 8, 8);
  for (const BlockPiece& piece : pieces_of(table, 0, {0, 0, 1000, 3}, 100)) {
    EXPECT_EQ(piece.window.height, 1);
    EXPECT_LE(piece.run_bytes, 100u);
  }
  EXPECT_EQ(pieces_of(table, 0, {0, 0, 4, 1}, 3).size(), 4u);
}

TEST(BlockTable, keeps_blocks_that_are_not_stored_in_one_piece) {
  BlockTable table = table_of({32, 16}, {16, 16}, true, 1, 1, 8);
  table.offsets[1] = BlockTable::kNotStored;
  const auto pieces = pieces_of(table, 0, {0, 0, 32, 16}, 64);
  EXPECT_EQ(pieces.back().offset, BlockTable::kNotStored);
  EXPECT_EQ(pieces.back().window, (Window{16, 0, 16, 16}));
}

TEST(BlockTable, fits_only_where_every_block_lies_inside_the_file) {
  BlockTable table = table_of({50, 40}, {16, 16}, true, 3, 2, 100);
  const std::uint64_t end = end_of(table);
  EXPECT_TRUE(table.fits(end));
  EXPECT_FALSE(table.fits(end - 1));
  table.offsets[5] = std::uint64_t(-16);
  EXPECT_FALSE(table.fits(end)) << "place and size overflow together";
  table.offsets[5] = BlockTable::kNotStored;
  EXPECT_TRUE(table.fits(end));
  table.offsets.pop_back();
  EXPECT_FALSE(table.fits(end)) << "a place is missing";
}

TEST(BlockTable, refuses_numbers_that_make_no_sense) {
  const BlockTable good = table_of({50, 40}, {16, 16}, true, 1, 2, 8);
  for (const auto spoil : std::vector<void (*)(BlockTable&)>{
           [](BlockTable& t) { t.block.width = 0; }, [](BlockTable& t) { t.image.height = -1; },
           [](BlockTable& t) { t.planes = 0; }, [](BlockTable& t) { t.pixel_bytes = 1 << 30; },
           [](BlockTable& t) { t.tiled = false; }, [](BlockTable& t) { t.block.height = 1 << 30; }}) {
    BlockTable table = good;
    spoil(table);
    EXPECT_FALSE(table.fits(1 << 20));
  }
}

}  // namespace
}  // namespace nadir
