// The fast path of the CPU against the functors that CUDA runs.
#include "stages/degradation/observe_cpu.h"

#include <gtest/gtest.h>

#include <cstring>

#include "pipeline/backend/launch.h"
#include "stages/degradation/degradation_kernels.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

void observe_by_functors(ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule) {
  Exec exec;
  const Window need = fine_window(taps, coarse.window);
  const Window rows{coarse.window.x, need.y, coarse.window.width, need.height};
  const ScratchTile sums(exec, rows, fine.bands);
  const ScratchTile weights(exec, rows, 1);
  for_each_cpu(exec, fine.bands, rows, ObserveRows{fine, sums.view(), weights.view(), taps});
  for_each_cpu(exec, fine.bands, coarse.window,
               ObserveColumns{fine, sums.view(), weights.view(), coarse, taps, full_weight(taps), rule});
}

void expect_same_bits(ConstTileView a, ConstTileView b) {
  for (int y = a.window.y; y < a.window.bottom(); ++y)
    for (int x = a.window.x; x < a.window.right(); ++x) {
      ASSERT_EQ(a.is_valid(x, y), b.is_valid(x, y)) << x << "," << y;
      for (int band = 0; band < a.bands; ++band) {
        const float va = a(band, x, y), vb = b(band, x, y);
        ASSERT_EQ(std::memcmp(&va, &vb, sizeof va), 0) << band << ": " << x << "," << y << ": " << va << ", " << vb;
      }
    }
}

void expect_equal_paths(const AxisTaps& taps, const Window& coarse, const std::vector<Window>& holes) {
  const Window need = fine_window(taps, coarse);
  test::Image texture = test::make_texture(need.width, need.height, 2, 7);
  for (const Window& hole : holes) texture.invalidate(intersect(hole, texture.info.grid.window()));
  ConstTileView fine = std::as_const(texture.tile).view();
  fine.window = need;
  for (const MaskRule rule : {MaskRule::majority, MaskRule::centre}) {
    Tile fast(coarse, 2), plain(coarse, 2);
    observe_cpu(Exec(), fine, fast.view(), taps, rule);
    observe_by_functors(fine, plain.view(), taps, rule);
    expect_same_bits(fast.view(), plain.view());
  }
}

TEST(ObserveCpu, gives_the_bits_of_the_functors_whether_all_is_valid_or_not) {
  const std::vector<std::vector<float>> blurs{{1}, box_taps(1), gaussian_taps(1.6, 0), gaussian_taps(6, 0)};
  for (const std::vector<Window>& holes :
       {std::vector<Window>{}, {{5, 6, 9, 4}, {40, 0, 3, 200}}, {{0, 0, 9999, 9999}}, {{0, 0, 1, 1}}})
    for (const auto& blur : blurs)
      for (const int factor : {1, 2, 3, 7})
        for (const Size size : {Size{1, 1}, Size{5, 3}, Size{17, 9}, Size{83, 6}, Size{130, 133}}) {
          const AxisTaps taps = axis_taps(observation(blur, factor, Phase::centre, Sampling::decimate));
          expect_equal_paths(taps, {-3, 11, size.width, size.height}, holes);
        }
}

TEST(ObserveCpu, cuts_wide_windows_into_columns_without_a_trace) {
  for (const int factor : {1, 2}) {
    const AxisTaps taps = axis_taps(observation(gaussian_taps(1.6, 0), factor, Phase::corner, Sampling::decimate));
    expect_equal_paths(taps, {7, -2, 6100, 5}, {{5500, 3, 5, 2}});
  }
}

}  // namespace
}  // namespace nadir
