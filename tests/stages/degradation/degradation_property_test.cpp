#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "stages/degradation/degradation_ops.h"
#include "tests/support/operator_laws.h"

namespace nadir {
namespace {

using test::dot;
using test::mirrored;

Tile random_tile(Size size) {
  Tile tile(whole(size), 1);
  tile.fill(0, true);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) tile.view()(0, x, y) = float(*rc::gen::inRange(-1000, 1000));
  return tile;
}

TEST(ObserveProperty, the_adjoint_holds_for_any_taps_offset_factor_and_size) {
  EXPECT_TRUE(rc::check("<Ax, y> = <x, A'y>", [] {
    Observation o{*rc::gen::inRange(1, 6), *rc::gen::inRange(-12, 12), {}, 0};
    const int count = *rc::gen::inRange(1, 20);
    for (int j = 0; j < count; ++j) o.taps.push_back(float(*rc::gen::inRange(1, 100)) / 100);
    const Size size{*rc::gen::inRange(1, 14), *rc::gen::inRange(1, 14)};
    const Size coarse_size{ceil_div(size.width, o.factor), ceil_div(size.height, o.factor)};
    const AxisTaps taps = axis_taps(o);
    const Tile x = random_tile(size);
    const Tile y = random_tile(coarse_size);
    Tile ax(whole(coarse_size), 1);
    Tile aty(whole(size), 1);
    Exec exec;
    observe(exec, mirrored(x, fine_window(taps, ax.window())).view(), ax.view(), taps);
    observe_adjoint(exec, y.view(), aty.view(), taps, size, coarse_size);
    const double tolerance = 1e-5 * (std::sqrt(dot(ax, ax) * dot(y, y)) + 1);
    RC_ASSERT(std::abs(dot(ax, y) - dot(x, aty)) <= tolerance);
  }));
}

}  // namespace
}  // namespace nadir
