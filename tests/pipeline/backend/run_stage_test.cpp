#include "pipeline/backend/run_stage.h"

#include <gtest/gtest.h>

#include "pipeline/backend/buffer.h"

namespace nadir {
namespace {

// Doubles its input, by way of working memory.
class Doubling final : public TileStage {
 public:
  explicit Doubling(std::size_t bytes) : bytes_(bytes) {}
  std::vector<ImageInfo> outputs() const override { return {}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    const Buffer<char> work(exec, bytes_);
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 4; ++x) out[0](0, x, y) = 2 * in[0](0, x, y);
  }

 private:
  std::size_t bytes_;
};

struct Tiles {
  Tile in{{0, 0, 4, 3}, 1}, out{{0, 0, 4, 3}, 1};
  Tiles() { in.fill(21, true), out.fill(0, true); }
  std::string run(ExecPool& execs, std::size_t bytes) {
    const ConstTileView inputs[] = {in.view()};
    const TileView outputs[] = {out.view()};
    return run_stage_if_memory_does(Doubling(bytes), inputs, outputs, execs);
  }
};

// What a device is taken for here: an Exec of the CPU that has little memory.
ExecPool::Make limited(std::size_t bytes, int& made) {
  return [bytes, &made] {
    auto exec = std::make_unique<Exec>();
    exec->limit_memory(bytes);
    ++made;
    return exec;
  };
}

TEST(RunStage, says_nothing_where_there_is_memory) {
  Tiles t;
  int made = 0;
  ExecPool execs(limited(1000, made));
  EXPECT_EQ(t.run(execs, 1000), "");
  EXPECT_EQ(t.out.view()(0, 3, 2), 42);
}

TEST(RunStage, says_what_is_missing_where_memory_ends_and_goes_on_after_it) {
  Tiles t;
  int made = 0;
  ExecPool execs(limited(999, made));
  EXPECT_NE(t.run(execs, 1000).find("1000 bytes"), std::string::npos);
  EXPECT_EQ(t.run(execs, 999), "");
  EXPECT_EQ(t.out.view()(0, 3, 2), 42);
  EXPECT_EQ(made, 1);
}

TEST(RunStage, says_so_where_there_is_no_memory_for_a_place_of_execution) {
  Tiles t;
  ExecPool execs([]() -> std::unique_ptr<Exec> { throw OutOfDeviceMemory("creating a stream"); });
  EXPECT_EQ(t.run(execs, 1000), "creating a stream");
}

TEST(ExecPool, makes_one_only_where_all_are_lent) {
  int made = 0;
  ExecPool execs(limited(1000, made));
  for (int i = 0; i < 3; ++i) {
    const ExecPool::Loan one(execs), other(execs);
    EXPECT_NE(&one.exec(), &other.exec());
  }
  EXPECT_EQ(made, 2);
}

TEST(Buffers, give_back_what_they_took_and_come_in_smaller_portions) {
  Exec exec;
  exec.limit_memory(1000);
  for (int i = 0; i < 3; ++i) {
    const Buffer<int> all(exec, 250);
    EXPECT_THROW(Buffer<char>(exec, 1), OutOfDeviceMemory);
  }
  const Portion<int> some = allocate_what_fits<int>(exec, 9, 100);
  EXPECT_EQ(some.count, 2);  // 9, 5 and 3 are too many
  EXPECT_EQ(some.room->size(), 200u);
  EXPECT_THROW(allocate_what_fits<int>(exec, 4, 60), OutOfDeviceMemory);
}

}  // namespace
}  // namespace nadir
