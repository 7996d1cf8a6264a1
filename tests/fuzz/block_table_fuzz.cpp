// libFuzzer target: whatever a file says of its blocks, either the table is refused, or every piece that would be read
// lies inside the file and the pieces cover the window.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "io/block_table.h"

namespace {

// Numbers from the fuzzer's bytes, 0 at their end.
class Numbers {
 public:
  Numbers(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  template <class T>
  T next() {
    T number{};
    const std::size_t taken = std::min(sizeof(T), left_);
    std::memcpy(&number, data_, taken);
    data_ += taken;
    left_ -= taken;
    return number;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

void require(bool fact) {
  if (!fact) std::abort();
}

nadir::BlockTable table_of(Numbers& numbers) {
  nadir::BlockTable table;
  const bool extreme = numbers.next<std::uint8_t>() % 8 == 0;
  const auto side = [&] { return extreme ? numbers.next<std::int32_t>() : int(numbers.next<std::uint8_t>()); };
  table.image = {side(), side()};
  table.block = {side(), side()};
  table.tiled = numbers.next<std::uint8_t>() % 2 != 0;
  table.planes = numbers.next<std::uint8_t>() % 5;
  table.pixel_bytes = side();
  const bool sized = !extreme && table.block.width > 0 && table.block.height > 0;
  const int blocks = sized ? table.columns() * table.rows() * table.planes : 0;
  table.offsets.resize(std::size_t(blocks > 0 && blocks < 4096 ? blocks : int(numbers.next<std::uint8_t>())));
  for (std::uint64_t& offset : table.offsets)
    offset = extreme ? numbers.next<std::uint64_t>() : numbers.next<std::uint32_t>() % 100000;
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Numbers numbers(data, size);
  const std::uint64_t file_bytes = numbers.next<std::uint32_t>();
  const int plane_choice = numbers.next<std::uint8_t>();
  const std::uint64_t most_bytes = numbers.next<std::uint16_t>() + std::uint64_t{1};
  const nadir::Window asked{numbers.next<std::uint8_t>(), numbers.next<std::uint8_t>(), numbers.next<std::uint8_t>(),
                            numbers.next<std::uint8_t>()};
  const nadir::BlockTable table = table_of(numbers);
  if (!table.fits(file_bytes)) return 0;
  const nadir::Window window = nadir::intersect(asked, nadir::whole(table.image));
  if (window.empty()) return 0;
  std::int64_t covered = 0;
  for (const nadir::BlockPiece& piece : nadir::pieces_of(table, plane_choice % table.planes, window, most_bytes)) {
    require(window.contains(piece.window) && !piece.window.empty());
    covered += piece.window.area();
    if (piece.offset == nadir::BlockTable::kNotStored) continue;
    const std::uint64_t bytes = piece.row_step * std::uint64_t(piece.window.height - 1) + piece.run_bytes;
    require(bytes <= std::max(most_bytes, std::uint64_t(table.pixel_bytes)));
    require(bytes <= file_bytes && piece.offset <= file_bytes - bytes);
  }
  require(covered == window.area());
  return 0;
}
