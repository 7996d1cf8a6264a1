#include "pipeline/app/one_stage.h"

#include <gtest/gtest.h>

#include "pipeline/app/evaluate.h"
#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

struct Sum final : Evidence {
  explicit Sum(double v) : value(v) {}
  double value;
};

// Adds up an image over blocks of 16 pixels.
class Total final : public EstimateStage {
 public:
  explicit Total(const StageContext& context) : size_(context.images[0]->grid.size()) {}
  std::vector<Window> blocks() const override {
    std::vector<Window> windows;
    for (int y = 0; y < size_.height; y += 16)
      for (int x = 0; x < size_.width; x += 16) windows.push_back(intersect({x, y, 16, 16}, whole(size_)));
    return windows;
  }
  Window needs(std::size_t, const Window& block) const override { return block; }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec&) const override {
    double sum = 0;
    for (int y = block.y; y < block.bottom(); ++y)
      for (int x = block.x; x < block.right(); ++x) sum += in[0](0, x, y);
    return std::make_unique<Sum>(sum);
  }
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const override {
    double sum = 0;
    for (const auto& e : evidence) sum += static_cast<const Sum&>(*e).value;
    return Record{{"total", sum}, {"blocks", std::int64_t(evidence.size())}};
  }

 private:
  Size size_;
};

StageInfo total_stage() {
  return {.name = "total",
          .family = "test",
          .doc = "Adds up.",
          .inputs = {{"image", PortType::image, "What to add up."}},
          .outputs = {{"total", PortType::statistics, "The sum."}},
          .params = {},
          .factory = EstimateFactory{[](const StageContext& c) { return std::make_unique<Total>(c); }}};
}

app::MemorySource source_of(test::Image image) { return {std::move(image.info), std::move(image.tile)}; }

TEST(OneStage, streams_the_blocks_of_an_estimate_over_any_source) {
  const app::MemorySource source = source_of(test::make_image(40, 20, 1, [](int, int x, int) { return x; }));
  const StageInfo stage = total_stage();
  app::Wiring wiring = app::wiring_for(stage);
  wiring.images[0] = &source;
  const Record found = describe(app::run_estimate(stage, {}, wiring));
  EXPECT_EQ(found.number("total", 0), 20 * 39 * 40 / 2);
  EXPECT_EQ(found.number("blocks", 0), 6);
  EXPECT_EQ(app::record_text(found), "total   15600\nblocks  6\n");
}

TEST(OneStage, reads_windows_beyond_the_edge_mirrored) {
  const app::MemorySource source = source_of(test::make_image(8, 8, 1, [](int, int x, int y) { return 10 * y + x; }));
  const Tile tile = app::read_window(source, {-2, 6, 4, 4});
  EXPECT_EQ(tile.view()(0, -2, 6), 61);
  EXPECT_EQ(tile.view()(0, -1, 9), 60);
  EXPECT_EQ(tile.view()(0, 1, 8), 71);
}

TEST(OneStage, computes_a_tile_stage_where_it_is_read) {
  const test::Image image = test::make_texture(60, 50, 2, 1);
  const test::Image whole = test::apply(blur_stage(), {{"sigma_px", 2.0}}, {&image});
  const app::TileSource blurred(blur_stage(), {{"sigma_px", 2.0}},
                                std::make_unique<app::MemorySource>(source_of(test::make_texture(60, 50, 2, 1))));
  Tile part({0, 30, 25, 20}, 2);
  blurred.read(part.view());
  EXPECT_EQ(part.view()(1, 3, 49), whole(1, 3, 49));
  EXPECT_EQ(part.view()(0, 24, 30), whole(0, 24, 30));
}

TEST(OneStage, takes_parameters_from_texts_and_refuses_what_its_table_refuses) {
  EXPECT_EQ(std::get<double>(app::parse_params(blur_stage(), {"sigma_px=3"}).at("sigma_px")), 3);
  EXPECT_THROW(app::parse_params(blur_stage(), {"sigma_px=wide"}), Error);
  EXPECT_THROW(app::parse_params(blur_stage(), {"sigma_px"}), Error);
  EXPECT_THROW(app::parse_params(blur_stage(), {"sigma_px="}), Error);
}

}  // namespace
}  // namespace nadir
