// The kernels of super-resolution against the vector code of the CPU: as loops on the CPU, in two orders of threads,
// and on a device where there is one.
#include "stages/super_resolution/kernel_solver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <thread>

#include "pipeline/backend/launch_blocks.h"
#include "pipeline/backend/staged_tile.h"
#include "stages/super_resolution/data_ops.h"
#include "stages/super_resolution/group_ops.h"
#include "stages/super_resolution/regularizer.h"
#include "stages/super_resolution/residual_network.h"
#include "stages/super_resolution/residual_network_ops.h"
#include "stages/super_resolution/search_ops.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

double texture(int x, int y) {
  return 127 + 60 * std::sin(0.9 * x + 0.02 * y * y) + 50 * std::cos(0.04 * y * x) + (x / 9 + y / 7) % 2 * 20;
}

// A pyramid of grey levels, and the lists that Guide finds in it.
struct Scene {
  PyramidLayout layout;
  SearchSettings search;
  int iteration;
  ReferenceGrid grid;
  std::vector<float> pyramid;
  MatchList matches;

  Scene(Size size, std::span<const float> copies, Origin origin, const SearchSettings& s, int k,
        int stride = kReferenceStride)
      : layout(size, copies, s.patch + 1, origin),
        search(s),
        iteration(k),
        grid(size, s.patch, k, origin, stride),
        pyramid(layout.samples()) {
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        pyramid[std::size_t(y * size.width + x)] = float(texture(x + origin.x, y + origin.y));
    layout.fill_copies(Exec(), pyramid);
    Guide guide(layout, s.patch);
    guide.pyramid() = pyramid;
    guide.quantize(Exec());
    matches = guide.match(Exec(), grid, search, k);
  }
};

MatchList matches_of(Exec& exec, const Scene& s) {
  const PyramidOps ops(exec, s.layout);
  const Buffer<float> pyramid(exec, s.layout.samples());
  exec.copy(pyramid.data(), s.pyramid.data(), std::size_t(whole(s.layout.size()).area()) * sizeof(float));
  ops.fill_copies(pyramid.data());
  const Buffer<std::int16_t> guide(exec, s.layout.samples());
  ops.quantize(pyramid.data(), guide.data());
  const Buffer<std::int32_t> matches(exec, s.matches.size());
  ops.match(guide.data(), s.grid, s.search, s.iteration, matches.data());
  return matches.download();
}

std::vector<Scene> search_scenes() {
  const std::vector<float> two{1.5f, 2.0f}, one{1.6f}, none;
  SearchSettings s;
  s.radius = 17;
  s.copy_radius = 9;
  s.similar = 12;
  s.dense_rows = 3;
  std::vector<Scene> scenes;
  scenes.emplace_back(Size{45, 38}, one, Origin{13, 22}, s, 3);
  s.patch = 6;
  s.copy_penalty = 2;
  scenes.emplace_back(Size{40, 51}, two, Origin{}, s, 4);
  s.similar = 40;
  scenes.emplace_back(Size{8, 7}, none, Origin{}, s, 0);  // fewer candidates than wanted
  for (const int patch : {4, 7}) {                        // for which no kernel of its own is made
    s.patch = patch;
    scenes.emplace_back(Size{37, 29}, one, Origin{}, s, 2);
  }
  s.patch = 8;
  s.radius = 80;  // more distances than a block can share
  s.dense_rows = 80;
  scenes.emplace_back(Size{190, 180}, none, Origin{}, s, 1, 80);
  return scenes;
}

void expect_same_matches(Exec& exec) {
  for (const Scene& s : search_scenes()) EXPECT_EQ(matches_of(exec, s), s.matches) << s.layout.stride();
  SearchSettings flat;
  flat.radius = 12;
  Scene ties({30, 26}, {}, {}, flat, 1);
  std::fill(ties.pyramid.begin(), ties.pyramid.end(), 50.0f);
  Guide guide(ties.layout, flat.patch);
  guide.pyramid() = ties.pyramid;
  guide.quantize(Exec());
  ties.matches = guide.match(Exec(), ties.grid, flat, 1);
  EXPECT_EQ(matches_of(exec, ties), ties.matches);
}

// x after the aggregate of the scene's groups: by vectors, or by kernels.
std::vector<float> shrunk_by_vectors(const Scene& s, float t, float momentum) {
  std::vector<float> o(std::size_t(whole(s.layout.size()).area())), x = o;
  shrink_groups(Exec(), s.layout, s.pyramid, s.grid, s.matches, s.search, t, o);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = float(i % 7);
    x[i] = o[i] + momentum * (o[i] - x[i]);
  }
  return x;
}

std::vector<float> shrunk_by_kernels(Exec& exec, const Scene& s, float t, float momentum, int* strips = nullptr) {
  std::vector<float> start(std::size_t(whole(s.layout.size()).area()));
  for (std::size_t i = 0; i < start.size(); ++i) start[i] = float(i % 7);
  const Buffer<float> pyramid(exec, s.pyramid), x(exec, start);
  const Buffer<std::int32_t> matches(exec, s.matches);
  const GroupShrinker shrinker(exec, s.layout.size(), s.grid, s.search);
  if (strips) *strips = shrinker.strips_at_once();
  shrinker.run(pyramid.data(), matches.data(), t, momentum, {x.data(), s.layout.stride(), whole(s.layout.size())});
  return x.download();
}

std::vector<Scene> group_scenes() {
  const std::vector<float> two{1.5f, 2.0f};
  SearchSettings s;
  s.similar = 20;
  s.radius = 14;
  std::vector<Scene> scenes;
  scenes.emplace_back(Size{75, 66}, two, Origin{5, 9}, s, 2);
  s.patch = 6;
  scenes.emplace_back(Size{66, 131}, two, Origin{}, s, 5);
  scenes.emplace_back(Size{6, 6}, std::span<const float>{}, Origin{}, s, 0);
  return scenes;
}

void expect_same_groups(Exec& exec) {
  for (const Scene& s : group_scenes())
    for (const float t : {6.0f, 900.0f})
      EXPECT_EQ(shrunk_by_kernels(exec, s, t, 0.9f), shrunk_by_vectors(s, t, 0.9f)) << s.layout.stride() << " " << t;
}

SolverSettings settings_for(Quality quality, int iterations, std::span<const float> noise) {
  SolverSettings s = preset(quality, noise, true);
  s.observation = observation(gaussian_taps(1.6, 3), 3, Phase::corner, Sampling::decimate);
  s.iterations = iterations;
  return s;
}

// Largest difference in grey levels.
double solver_difference(Exec& exec, Quality quality, int iterations, Size coarse, float noise_of_second = 1.5f) {
  const float noise[] = {0.3f, noise_of_second};
  const SolverSettings settings = settings_for(quality, iterations, noise);
  const test::Image y = test::make_texture(coarse.width, coarse.height, 2, 5);
  Exec host;
  const Origin origin{21, 48};
  const Tile expected = solve_nonlocal(host, settings, y.tile.view(), origin);
  const Tile x = solve_by_kernels(exec, settings, y.tile.view(), origin);
  double most = 0;
  for (std::ptrdiff_t i = 0; i < x.view().plane * 2; ++i)
    most = std::max(most, std::abs(double(x.view().samples[i]) - double(expected.view().samples[i])));
  return most;
}

void expect_same_samples(ConstTileView a, ConstTileView b) {
  ASSERT_EQ(a.window, b.window);
  for (int v = a.window.y; v < a.window.bottom(); ++v)
    for (int u = a.window.x; u < a.window.right(); ++u) {
      ASSERT_EQ(a.is_valid(u, v), b.is_valid(u, v)) << u << ", " << v;
      for (int band = 0; band < a.bands; ++band)
        ASSERT_EQ(a(band, u, v), b(band, u, v)) << band << ": " << u << ", " << v;
    }
}

void expect_same_start(Exec& exec) {
  for (const int scale : {1, 2, 3, 4})
    for (const Phase phase : {Phase::corner, Phase::centre})
      for (const Size coarse : {Size{1, 1}, Size{2, 3}, Size{40, 11}}) {
        SCOPED_TRACE(std::to_string(scale) + ": " + std::to_string(coarse.width));
        const Observation o = observation(gaussian_taps(1.6, 0), scale, phase, Sampling::decimate);
        const DataTerm data(o, coarse);
        test::Image y = test::make_texture(coarse.width, coarse.height, 2, 5);
        y.invalidate({0, 0, 1, 1});
        Exec host;
        const Tile expected = first_estimate(host, data, o, y.tile.view());
        const StagedTile staged(exec, y.tile.view());
        StagedTile x(exec, data.padded(), 2);
        interpolate_mirrored(exec, staged.view(), {Interpolation::bicubic, scale, centre_of(o)}, x.view());
        Tile start(data.padded(), 2);
        x.download(start.view());
        exec.finish();
        expect_same_samples(start.view(), expected.view());
      }
}

// Bands that take many steps, few, and none at all.
void expect_same_projection(Exec& exec) {
  const Observation o{2, -1, {0.25f, 0.5f, 0.25f}, 0};
  const std::vector<float> rho{0.001f, 50, 1};
  const Buffer<float> staged_rho(exec, rho);
  for (const Size coarse : {Size{1, 1}, Size{3, 40}, Size{420, 330}}) {
    const DataTerm data(o, coarse);
    test::Image y = test::make_texture(coarse.width, coarse.height, 3, 5);
    Tile x(data.padded(), 3), expected(whole(data.fine()), 3), z(whole(data.fine()), 3);
    x.fill(100, true);
    expected.fill(0, true);
    const TileView seen = y.tile.view();
    std::fill_n(seen.samples + 2 * seen.plane, seen.plane, 100.0f);
    const StagedTile staged_y(exec, seen), staged_x(exec, x.view());
    StagedTile staged_z(exec, expected.view());
    Projection projection(exec, data, 3);
    for (int k = 0; k < 2; ++k)  // the second time with what the first has left
      projection.run(staged_x.view(), staged_y.view(), staged_rho.data(), staged_z.view());
    staged_z.download(z.view());
    exec.finish();
    Exec host;
    data.project(host, x.view(), seen, rho, expected.view());
    double most = 0;
    for (std::ptrdiff_t i = 0; i < 3 * expected.view().plane; ++i)
      most = std::max(most, std::abs(double(z.view().samples[i]) - double(expected.view().samples[i])));
    EXPECT_LE(most, 1e-3) << coarse.width;
  }
}

void expect_same_corrections(Exec& exec, int orientations) {
  for (const int scale : {3, 4})
    for (const double centre : {0.0, 1.5, 5.0}) {
      const Size fine{7 * scale, 12 * scale};
      const test::Image y = test::make_texture(7, 12, 2, 5), x = test::make_texture(fine.width, fine.height, 2, 6);
      const StagedTile staged_y(exec, y.tile.view()), staged_x(exec, x.tile.view());
      StagedTile out(exec, whole(fine), 2);
      NetworkOps(exec, fine, scale, centre, orientations).correct(staged_y.view(), staged_x.view(), out.view());
      Tile corrected(whole(fine), 2);
      out.download(corrected.view());
      exec.finish();
      std::vector<float> expected(std::size_t(whole(fine).area()));
      for (int b = 0; b < 2; ++b) {
        network_correction(Exec(), widest_simd(), y.tile.view(), b, x.tile.view(), scale, centre, orientations,
                           expected.data());
        for (int v = 0; v < fine.height; ++v)
          for (int u = 0; u < fine.width; ++u)
            ASSERT_EQ(corrected.view()(b, u, v), x.tile.view()(b, u, v) + expected[std::size_t(v * fine.width + u)])
                << scale << ", " << centre << ": " << b << ", " << u << ", " << v;
      }
    }
}

void expect_two_threads_to_solve(Device device) {
  const auto solve = [&](Quality quality, Size coarse) {
    Exec exec(device);
    expect_same_groups(exec);
    EXPECT_LE(solver_difference(exec, quality, 3, coarse), 0.02);
  };
  std::thread other([&] { solve(Quality::fast, {21, 17}); });
  solve(Quality::balanced, {16, 19});
  other.join();
}

class BothOrders : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    reversed_threads = GetParam();
    exec_.limit_memory(std::size_t{1} << 40);  // which also fills it with rubbish
  }
  void TearDown() override { reversed_threads = false; }
  Exec exec_;
};
INSTANTIATE_TEST_SUITE_P(Threads, BothOrders, ::testing::Bool());

TEST_P(BothOrders, kernels_find_the_same_patches) { expect_same_matches(exec_); }

TEST_P(BothOrders, kernels_shrink_and_aggregate_with_the_same_bits) { expect_same_groups(exec_); }

TEST_P(BothOrders, kernels_project_to_the_same_image) { expect_same_projection(exec_); }

TEST_P(BothOrders, kernels_solve_to_the_same_image) {
  EXPECT_LE(solver_difference(exec_, Quality::fast, 6, {21, 17}), 0.02);
  EXPECT_LE(solver_difference(exec_, Quality::balanced, 4, {16, 19}), 0.02);
  EXPECT_LE(solver_difference(exec_, Quality::balanced, 2, {1, 1}), 0.02);
  EXPECT_LE(solver_difference(exec_, Quality::balanced, 2, {2, 3}, 0.3f), 0.02);
}

TEST(KernelSolver, starts_from_the_same_image) {
  Exec exec;
  exec.limit_memory(std::size_t{1} << 40);
  expect_same_start(exec);
}

TEST(KernelSolver, corrects_with_the_same_bits) {
  Exec exec;
  exec.limit_memory(std::size_t{1} << 40);
  for (const int orientations : {1, 8}) expect_same_corrections(exec, orientations);
}

TEST(KernelSolver, works_in_two_threads) { expect_two_threads_to_solve(Device::cpu); }

TEST(KernelSolver, needs_less_memory_where_there_is_less_and_gives_the_same) {
  const Scene s = std::move(group_scenes()[1]);
  Exec exec;
  int strips = 0;
  const auto expected = shrunk_by_kernels(exec, s, 30, 0.5f, &strips);
  EXPECT_EQ(strips, 3);
  Exec small;
  small.limit_memory(600'000);
  EXPECT_EQ(shrunk_by_kernels(small, s, 30, 0.5f, &strips), expected);
  EXPECT_EQ(strips, 1);
  Exec tiny;
  tiny.limit_memory(200'000);
  EXPECT_THROW(shrunk_by_kernels(tiny, s, 30, 0.5f), OutOfDeviceMemory);
}

TEST(KernelSolver, leaves_memory_for_the_rest_where_patches_could_fill_all_of_it) {
  const Scene s = std::move(group_scenes()[1]);
  const auto works = [&](std::size_t bytes) {
    Exec exec;
    exec.limit_memory(bytes);
    try {
      const GroupShrinker shrinker(exec, s.layout.size(), s.grid, s.search);
      return true;
    } catch (const OutOfDeviceMemory&) {
      return false;
    }
  };
  constexpr std::size_t kStep = 500;
  std::size_t least = kStep;
  while (!works(least)) least += kStep;
  EXPECT_LT(least, 400'000u);
  for (std::size_t more = least; more < 3 * least; more += kStep) ASSERT_TRUE(works(more)) << more << ", " << least;
}

TEST(KernelSolver, takes_no_more_memory_than_it_says) {
  const float noise[] = {0.3f, 0.3f};
  for (const Quality quality : {Quality::fast, Quality::balanced})
    for (const Size coarse : {Size{30, 25}, Size{9, 40}}) {
      const SolverSettings settings = settings_for(quality, 3, noise);
      const test::Image y = test::make_texture(coarse.width, coarse.height, 2, 5);
      Exec exec;
      exec.limit_memory(kernel_solver_bytes(settings, coarse, 2));
      EXPECT_NO_THROW(solve_by_kernels(exec, settings, y.tile.view()));
    }
}

TEST(Device, finds_the_same_patches) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_same_matches(exec);
}

TEST(Device, shrinks_and_aggregates_with_the_same_bits) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_same_groups(exec);
}

TEST(Device, starts_from_the_same_image) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_same_start(exec);
}

TEST(Device, projects_to_the_same_image) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  expect_same_projection(exec);
}

TEST(Device, corrects_with_the_same_bits) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  for (const int orientations : {1, 8}) expect_same_corrections(exec, orientations);
}

TEST(Device, solves_in_two_threads) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  expect_two_threads_to_solve(Device::cuda);
}

TEST(Device, solves_to_the_same_image) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  Exec exec(Device::cuda);
  EXPECT_LE(solver_difference(exec, Quality::fast, 20, {100, 90}), 0.02);
  EXPECT_LE(solver_difference(exec, Quality::balanced, 28, {70, 80}), 0.02);
}

}  // namespace
}  // namespace nadir
