// The CUDA results of the linear families against the CPU's, bit for bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "pipeline/backend/run_stage.h"
#include "stages/alignment/alignment_ops.h"
#include "stages/degradation/convolve_ops.h"
#include "stages/degradation/degradation_ops.h"
#include "stages/degradation/distort_ops.h"
#include "stages/segmentation/segmentation_ops.h"
#include "stages/wavelet/shrink_ops.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet_ops.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Operation = std::function<void(Exec&, ConstTileView, TileView)>;

// Just enough of a stage to go through run_stage's staging.
class Wrapped final : public TileStage {
 public:
  explicit Wrapped(Operation operation) : operation_(std::move(operation)) {}
  std::vector<ImageInfo> outputs() const override { return {}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override { operation_(exec, in[0], out[0]); }

 private:
  Operation operation_;
};

enum class Compare { samples_and_mask, samples };

void expect_same_bits(const Operation& operation, const Window& in, int in_bands, const Window& out, int out_bands,
                      Compare compare = Compare::samples_and_mask) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  test::Image texture = test::make_texture(in.width, in.height, in_bands, 3);
  texture.invalidate({in.width / 3, in.height / 4, 11, 7});
  ConstTileView input = std::as_const(texture.tile).view();
  input.window = in;
  Tile results[2] = {Tile(out, out_bands), Tile(out, out_bands)};
  for (const Device device : {Device::cpu, Device::cuda}) {
    Exec exec(device);
    Tile& result = results[device == Device::cuda];
    result.fill(-1, false);
    const ConstTileView inputs[] = {input};
    const TileView outputs[] = {result.view()};
    run_stage(Wrapped(operation), inputs, outputs, exec);
  }
  for (int y = out.y; y < out.bottom(); ++y)
    for (int x = out.x; x < out.right(); ++x) {
      if (compare == Compare::samples_and_mask) {
        ASSERT_EQ(results[0].view().is_valid(x, y), results[1].view().is_valid(x, y)) << x << "," << y;
      }
      for (int b = 0; b < out_bands; ++b) {
        const float cpu = results[0].view()(b, x, y), cuda = results[1].view()(b, x, y);
        ASSERT_EQ(std::memcmp(&cpu, &cuda, sizeof cpu), 0) << b << ": " << x << "," << y << ": " << cpu << ", " << cuda;
      }
    }
}

TEST(Device, observes_and_its_adjoint_as_the_cpu_does) {
  const AxisTaps taps = axis_taps(observation(gaussian_taps(1.6, 3), 3, Phase::corner, Sampling::decimate));
  const Window coarse{2, 3, 60, 50};
  for (const MaskRule rule : {MaskRule::majority, MaskRule::centre})
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { observe(e, in, out, taps, rule); },
                     fine_window(taps, coarse), 2, coarse, 2);
  expect_same_bits(
      [&](Exec& e, ConstTileView in, TileView out) {
        observe_adjoint(e, in, out, taps, {95, 70}, {32, 24});
      },
      {0, 0, 32, 24}, 2, {0, 0, 95, 70}, 2);
}

TEST(Device, makes_the_same_noise_rounding_and_luma) {
  const Window w{-5, 1000, 90, 70};
  expect_same_bits(
      [](Exec& e, ConstTileView in, TileView out) {
        add_noise(e, in, out, {.sigma = 7.5f, .seed = 42});
        quantize(e, out, SampleType::u8);
      },
      w, 3, w, 3);
  for (const bool round : {true, false})
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { luma(e, in, out, round); }, w, 3, w, 1);
}

TEST(Device, makes_the_same_noise_of_other_kinds) {
  const Window w{-5, 1000, 90, 70};
  NoiseSpec poisson{.kind = NoiseKind::poisson_gaussian, .sigma = 1.5f, .gain = 0.5f, .seed = 42};
  NoiseSpec many_electrons = poisson;
  many_electrons.gain = 40;  // few of them below, see kFewElectrons
  const NoiseSpec columns{.kind = NoiseKind::stripe, .sigma = 3, .seed = 42};
  NoiseSpec rows = columns;
  rows.along_y = false;
  const NoiseSpec lost{
      .kind = NoiseKind::salt_and_pepper, .fraction = 0.2f, .low = 3, .high = 250, .along_y = true, .seed = 42};
  for (const NoiseSpec& noise : {poisson, many_electrons, columns, rows, lost})
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { add_noise(e, in, out, noise); }, w, 3, w, 3);
}

TEST(Device, decomposes_and_reconstructs_with_the_same_bits) {
  for (const FilterName name : {FilterName::haar, FilterName::haar_mean, FilterName::db4, FilterName::cdf97}) {
    const Filter filter = filter_of(name);
    const SubbandLayout layout{3, margin_of(filter, 3), 2, {200, 150}};
    const Bank bank{filter, layout};
    const Window packed{0, 0, 25 + 2 * layout.margin, 19 + 2 * layout.margin};
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { analyze(e, in, out, bank); },
                     analysis_window(bank, packed), 2, packed, 128);
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { synthesize(e, {in}, out, bank); }, packed, 128,
                     {0, 0, 200, 150}, 2);
    const StationaryBank all{filter, {2, stationary_margin(filter, 2), 2, {100, 80}}};
    const Window full{0, 0, 100 + 2 * all.layout.margin, 80 + 2 * all.layout.margin};
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { stationary_analyze(e, in, out, all); },
                     stationary_analysis_window(all, full), 2, full, 14);
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { stationary_synthesize(e, in, {}, out, all); }, full,
                     14, {0, 0, 100, 80}, 2);
  }
}

TEST(Device, takes_subbands_with_the_same_bits) {
  const SubbandLayout layout{3, 2, 2, {200, 150}};
  for (const int level : {1, 2, 3}) {
    const Window out{5, 3, 21, 15};
    expect_same_bits(
        [&](Exec& e, ConstTileView in, TileView to) { take_subband(e, in, to, layout, level, Orientation::hl); },
        packed_window(layout, level, out), 128, out, 2);
  }
  const Window out{5, 3, 15, 12};
  expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { take_subband(e, in, to, layout, 3, {}); },
                   packed_window(layout, 3, out), 128, out, 2);
  const StationaryLayout all{2, 4, 2, {100, 80}};
  expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { stationary_subband(e, in, to, all, 3); },
                   translate(out, all.margin, all.margin), 14, out, 2);
}

TEST(Device, reconstructs_from_other_approximations_with_the_same_bits) {
  const Filter filter = filter_of(FilterName::db2);
  const SubbandLayout layout{3, margin_of(filter, 3), 2, {200, 150}};
  const Bank bank{filter, layout};
  const auto operation = [&](Exec& e, ConstTileView in, TileView out) {
    ConstTileView others = in;  // some of its bands, valid in parts
    others.bands = 2;
    others.window = translate(in.window, -layout.margin, -layout.margin);
    synthesize(e, {in, {}, others.crop({0, 0, 25, 19})}, out, bank);
  };
  expect_same_bits(operation, {0, 0, 25 + 2 * layout.margin, 19 + 2 * layout.margin}, 128, {0, 0, 200, 150}, 2);
}

TEST(Device, measures_texture_and_means_of_subbands_with_the_same_bits) {
  constexpr int kRadius = 2;
  const SubbandLayout layout{3, 2, 2, {200, 150}};
  const Window pixels{20, 30, 150, 110};
  const Window packed = subband_window(layout, pixels, kRadius);
  for (const int level : {1, 2, 3})
    expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { texture_energy(e, in, to, layout, level, kRadius); },
                     packed, 128, level_window(pixels, level), 2, Compare::samples);
  expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { local_mean(e, in, to, layout, kRadius); }, packed, 128,
                   level_window(pixels, 3), 2, Compare::samples);
}

TEST(Device, convolves_with_any_point_spread_function_and_its_adjoint) {
  std::vector<SpreadTap> taps;
  for (int y = -3; y <= 3; ++y)
    for (int x = -4; x <= 2; ++x)
      if (x * x + y * y <= 10) taps.push_back({x, y, 1.0f + 0.1f * float(x) - 0.05f * float(y)});
  const Spread spread(taps);
  const Window out{5, 7, 90, 60};
  expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { convolve(e, in, to, spread); }, spread.needs(out), 2,
                   out, 2);
  const Window all{0, 0, 80, 60};
  expect_same_bits(
      [&](Exec& e, ConstTileView in, TileView to) {
        convolve_adjoint(e, in, to, spread, {80, 60});
      },
      spread.touching(all, {80, 60}), 2, all, 2);
}

TEST(Device, distorts_with_the_same_bits) {
  Distortion d{.size = {200, 160}, .a = {1.001, 0.002, -0.001, 0.999}, .shift_x = 0.3, .shift_y = -0.7, .radial = 0.01};
  d.amplitude = 1.5, d.seed = 42;
  const Window out{30, 20, 100, 80};
  expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { distort(e, in, to, d); }, d.needs(out), 2, out, 2);
}

TEST(Device, shrinks_subbands_with_the_same_bits) {
  const Filter filter = filter_of(FilterName::db2);
  const SubbandLayout layout{2, margin_of(filter, 2), 2, {400, 300}};
  const Bank bank{filter, layout};
  const Window packed{layout.margin, layout.margin, 70, 50};
  for (const Shrinkage method : {Shrinkage::soft, Shrinkage::hard, Shrinkage::bayes, Shrinkage::sure}) {
    const ShrinkSpec spec{.method = method, .sigma = {6, 9}};
    expect_same_bits([&](Exec& e, ConstTileView in, TileView out) { shrink(e, in, out, bank, spec); },
                     shrink_window(bank, spec, packed), 32, packed, 32);
  }
}

TEST(Device, bends_an_image_with_the_same_bits) {
  Bend bend{.centre = {100, 80}, .scale = 100, .degree = 2, .knots = {}, .x = {0.8, -0.5, 0.3}, .y = {-0.4, 0.6, 0.7}};
  const Size size{200, 160};
  for (const Resampling r : {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::lanczos3}) {
    const WarpPlan plan = plan_warp({0.4, 1, 0.001, -0.3, -0.002, 1}, bend, r, size, size);
    const Window out{20, 20, 120, 90};
    expect_same_bits([&](Exec& e, ConstTileView in, TileView to) { warp(e, in, to, plan); }, source_window(plan, out),
                     2, out, 2);
  }
}

}  // namespace
}  // namespace nadir
