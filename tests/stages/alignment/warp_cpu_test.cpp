// Runs of pixels against the functor that CUDA runs.
#include "stages/alignment/warp_cpu.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "pipeline/backend/launch.h"
#include "stages/alignment/alignment_ops.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

AxisWeights weights_of(const WarpAxis& axis) {
  return {axis.weights.data(), axis.taps, axis.phases, axis.first, axis.anchor};
}

// Both ways over `out`, which may lie beyond the image.
void expect_equal_paths(const test::Image& image, const std::array<double, 6>& m, Resampling resampling,
                        const Window& out) {
  const Size size = image.info.grid.size();
  const WarpPlan plan = plan_warp(m, resampling, size);
  const int bands = image.tile.bands();
  Tile source(unite(grow(image.info.grid.window(), 8), source_window(plan, out)), bands);
  copy_pixels(image.tile.view(), source.view(), image.info.grid.window());
  mirror_edges(source.view(), size);
  Tile by_rows(out, bands), by_pixels(out, bands);
  const SourceMap map{{m[0], m[1], m[2], m[3], m[4], m[5]}, size, nullptr, nullptr, 0, 0, 0};
  Exec exec;
  warp_cpu(exec, {source.view(), by_rows.view(), map, weights_of(plan.x), weights_of(plan.y)});
  for_each(exec, bands, out, Interpolate{source.view(), by_pixels.view(), map, weights_of(plan.x), weights_of(plan.y)},
           "warp");
  for (int y = out.y; y < out.bottom(); ++y) {
    const auto same = [&](const auto& a, const auto& b, std::size_t bytes) {
      return std::memcmp(a.row(y), b.row(y), std::size_t(out.width) * bytes) == 0;
    };
    ASSERT_TRUE(same(by_rows.view().mask(), by_pixels.view().mask(), 1)) << "mask, row " << y;
    for (int b = 0; b < bands; ++b)
      ASSERT_TRUE(same(by_rows.view().band(b), by_pixels.view().band(b), sizeof(float)))
          << "from " << m[0] << ", " << m[3] << ", kernel " << int(resampling) << ", band " << b << ", row " << y;
  }
}

TEST(WarpCpu, gives_the_bits_of_the_functor_with_holes_and_at_edges) {
  test::Image image = test::make_texture(700, 80, 2, 3);
  image.invalidate({300, 30, 5, 7});
  image.invalidate({690, 0, 1, 80});
  for (const Resampling r : {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::lanczos3})
    for (const std::array<double, 6>& m : std::vector<std::array<double, 6>>{{0.37, 1, 0, -0.62, 0, 1},
                                                                             {-3.5, 1, 0, 2.5, 0, 1},
                                                                             {0.5, 1, 0, 0, 0, 1},
                                                                             {5, 1, 0, 0.25, 0, 1},
                                                                             {0.4999999999, 1, 0, 1e-9, 0, 1},
                                                                             {1e-25, 1, 0, 1e-25, 0, 1},
                                                                             {-2.2, 1.01, -0.04, 1.7, 0.05, 0.99},
                                                                             {0.2, 2, 0, 0.3, 0, 2},
                                                                             {700, -1, 0, 0, 0, 1}}) {
      expect_equal_paths(image, m, r, image.info.grid.window());
      expect_equal_paths(image, m, r, {-20, -4, 733, 11});
    }
}

TEST(WarpCpu, is_exact_for_constants) {
  const test::Image image = test::make_image(600, 40, 1, [](int, int, int) { return 1234.56; });
  const WarpPlan plan = plan_warp({0.3, 1, 0, -0.4, 0, 1}, Resampling::lanczos3, image.info.grid.size());
  Tile source(unite(image.info.grid.window(), source_window(plan, image.info.grid.window())), 1);
  copy_pixels(image.tile.view(), source.view(), image.info.grid.window());
  mirror_edges(source.view(), image.info.grid.size());
  Tile out(image.info.grid.window(), 1);
  Exec exec;
  warp(exec, source.view(), out.view(), plan);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 600; ++x) ASSERT_EQ(out.view()(0, x, y), float(1234.56));
}

}  // namespace
}  // namespace nadir
