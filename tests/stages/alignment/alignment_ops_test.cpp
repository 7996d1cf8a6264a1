#include "stages/alignment/alignment_ops.h"

#include <gtest/gtest.h>

#include "pipeline/backend/run_stage.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::array<double, 6> kAffine{-2.2, 1.01, -0.04, 1.7, 0.05, 0.99};

// The operation as a stage, so that it can be run where there is nothing but the kernels.
class WarpOnly final : public TileStage {
 public:
  WarpOnly(const ImageInfo& info, const WarpPlan& plan) : info_(info), plan_(plan) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return source_window(plan_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override { warp(exec, in[0], out[0], plan_); }

 private:
  ImageInfo info_;
  WarpPlan plan_;
};

test::Image texture() {
  test::Image image = test::make_texture(93, 71, 3, 2);
  image.invalidate({30, 12, 9, 14});
  return image;
}

TEST(SourceWindow, is_empty_where_everything_lies_outside) {
  const WarpPlan plan = plan_warp({500, 1, 0, 0, 0, 1}, Resampling::cubic, {93, 71});
  EXPECT_TRUE(source_window(plan, {0, 0, 93, 71}).empty());
}

TEST(SourceWindow, holds_all_that_is_read) {
  const WarpPlan plan = plan_warp({0.5, 1, 0, -0.25, 0, 1}, Resampling::lanczos3, {93, 71});
  EXPECT_TRUE(source_window(plan, {10, 10, 5, 5}).contains(Window{8, 7, 10, 10}));
}

TEST(PlanWarp, gives_weights_that_sum_to_one_and_widens_them_where_the_image_shrinks) {
  for (const Resampling r : {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::lanczos3})
    for (const auto& m : {kAffine, std::array<double, 6>{0, 2.5, 0, 0, 0, 2.5}}) {
      const WarpPlan plan = plan_warp(m, r, {93, 71});
      for (int row = 0; row <= plan.x.phases; row += 64) {
        double sum = 0;
        for (int j = 0; j < plan.x.taps; ++j) sum += plan.x.weights[std::size_t(row * plan.x.taps + j)];
        ASSERT_NEAR(sum, 1, 1e-6);
      }
    }
  EXPECT_EQ(plan_warp(kAffine, Resampling::cubic, {9, 9}).x.taps, 4);
  EXPECT_EQ(plan_warp({0, 2.5, 0, 0, 0, 2.5}, Resampling::cubic, {9, 9}).x.taps, 10);
}

TEST(WarpKernels, give_the_same_bits_on_the_device) {
  const std::string missing = missing_device();
  if (!missing.empty()) GTEST_SKIP() << missing;
  const test::Image image = texture();
  const Window all = image.info.grid.window();
  for (const Resampling r : {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::lanczos3})
    for (const auto& m : {kAffine, {2.37, 1, 0, -4.62, 0, 1}, {-7, 1, 0, 3, 0, 1}, {0.2, 2, 0, 0.3, 0, 2}}) {
      const WarpOnly stage(image.info, plan_warp(m, r, image.info.grid.size()));
      const test::Image on_cpu = test::run_whole(stage, {&image});
      Tile source(unite(stage.needs(0, 0, all), all), 3);
      copy_pixels(image.tile.view(), source.view(), all);
      mirror_edges(source.view(), image.info.grid.size());
      test::Image on_device{image.info, Tile(all, 3)};
      const std::vector<ConstTileView> in{source.view()};
      const std::vector<TileView> out{on_device.tile.view()};
      Exec exec(Device::cuda);
      run_stage(stage, in, out, exec);
      test::expect_identical(on_cpu, on_device);
    }
}

}  // namespace
}  // namespace nadir
