// The fast path of the CPU against the functors that CUDA runs.
#include "stages/degradation/adjoint_cpu.h"

#include <gtest/gtest.h>

#include <cstring>

#include "pipeline/backend/launch.h"
#include "stages/degradation/degradation_kernels.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

void by_functors(ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size, Size coarse_size) {
  Exec exec;
  const Window touched = touching_window(taps, fine.window, fine_size, coarse_size);
  const ScratchTile rows(exec, {fine.window.x, touched.y, fine.window.width, touched.height}, fine.bands);
  for_each_cpu(exec, fine.bands, rows.view().window,
               AdjointRows{coarse, rows.view(), {taps, fine_size.width, coarse_size.width}});
  for_each_cpu(exec, fine.bands, fine.window,
               AdjointColumns{rows.view(), fine, {taps, fine_size.height, coarse_size.height}});
}

void expect_equal_paths(const AxisTaps& taps, Size fine_size, const Window& window) {
  const Size coarse_size{ceil_div(fine_size.width, taps.factor), ceil_div(fine_size.height, taps.factor)};
  const test::Image coarse = test::make_texture(coarse_size.width, coarse_size.height, 2, 7);
  Tile fast(window, 2), plain(window, 2);
  observe_adjoint_cpu(Exec(), coarse.tile.view(), fast.view(), taps, fine_size, coarse_size);
  by_functors(coarse.tile.view(), plain.view(), taps, fine_size, coarse_size);
  for (int b = 0; b < 2; ++b)
    for (int y = window.y; y < window.bottom(); ++y)
      ASSERT_EQ(std::memcmp(fast.view().band(b).row(y), plain.view().band(b).row(y),
                            std::size_t(window.width) * sizeof(float)),
                0)
          << "factor " << taps.factor << ", " << taps.count << " taps, " << fine_size.width << " x " << fine_size.height
          << ", row " << y;
  EXPECT_TRUE(all_valid(fast.view(), window));
}

TEST(AdjointCpu, gives_the_bits_of_the_functors_for_any_factor_phase_size_and_window) {
  for (const auto& blur : {std::vector<float>{1}, box_taps(1), gaussian_taps(1.6, 0), gaussian_taps(6, 0)})
    for (const int factor : {1, 2, 3, 7})
      for (const Phase phase : {Phase::centre, Phase::corner})
        for (const Size size : {Size{1, 1}, Size{5, 3}, Size{17, 90}, Size{150, 131}}) {
          const AxisTaps taps = axis_taps(observation(blur, factor, phase, Sampling::decimate));
          expect_equal_paths(taps, size, whole(size));
          if (size.width > 100) expect_equal_paths(taps, size, {37, 20, 70, 101});
        }
}

}  // namespace
}  // namespace nadir
