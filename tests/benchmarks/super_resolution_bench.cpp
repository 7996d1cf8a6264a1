// What super-resolution costs, part by part: CPU seconds of one matching pass and of the whole solver, for each
// instruction set.
//   nadir_super_resolution_bench [EDGE [passes]]   edge of the fine image, 768 pixels unless told; `passes`: matching
//   only
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "stages/super_resolution/block_solver.h"
#include "stages/super_resolution/residual_network.h"

namespace nadir {
namespace {

double cpu_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

const char* name_of(Simd simd) { return simd == Simd::avx512 ? "AVX-512" : simd == Simd::avx2 ? "AVX2" : "portable"; }

// Edges, texture and grain, as grey levels.
float scene(int x, int y) {
  const double wave = 60 * std::sin(0.11 * x + 0.02 * y + 3 * std::sin(0.013 * y));
  const double edges = (x / 37 + y / 53) % 2 ? 35 : -35;
  const unsigned hash = (unsigned(x) * 2654435761U ^ unsigned(y) * 40503U) * 2246822519U;
  return float(127 + wave + edges + 8 * (double(hash >> 8) / (1 << 24) - 0.5));
}

// One pass over the references of a grid of `stride`: the m nearest patches within a window.
void bench_matching(int edge, Simd simd, const SearchSettings& search, int stride) {
  const PyramidLayout layout({edge, edge}, {}, search.patch);
  Guide guide(layout, search.patch, simd);
  for (int y = 0; y < edge; ++y)
    for (int x = 0; x < edge; ++x) guide.pyramid()[std::size_t(y) * std::size_t(edge) + std::size_t(x)] = scene(x, y);
  const Exec exec;
  const ReferenceGrid grid(layout.size(), search.patch, 0, {}, stride);
  const double start = cpu_seconds();
  guide.quantize(exec);
  const MatchList matches = guide.match(exec, grid, search, 0);
  const double seconds = cpu_seconds() - start;
  std::printf("one pass (%d, %d, %d, %d), %s: %.1f Mpixel per CPU s\n", search.patch, stride, 2 * search.radius + 1,
              search.similar, name_of(simd), double(edge) * edge * 1e-6 / seconds);
}

void bench_solver(int edge, Simd simd, Quality quality, const char* name) {
  const float noise[] = {0.29f};
  SolverSettings settings = preset(quality, noise, true);
  settings.observation = observation(gaussian_taps(1.6, 3), 3, Phase::corner, Sampling::decimate);
  settings.search.simd = simd;
  const int coarse = edge / 3;
  Tile y({0, 0, coarse, coarse}, 1);
  y.fill(0, true);
  for (int v = 0; v < coarse; ++v)
    for (int u = 0; u < coarse; ++u) y.view()(0, u, v) = scene(3 * u, 3 * v);
  Exec exec;
  const double start = cpu_seconds();
  solve_nonlocal(exec, settings, y.view());
  const double seconds = cpu_seconds() - start;
  std::printf("%-9s x3, %s: %.2f CPU s per fine megapixel\n", name, name_of(simd),
              seconds / (double(coarse) * coarse * 9e-6));
}

// The learned prior alone.
void bench_network(int edge, Simd simd) {
  edge = edge / 3 * 3;
  Tile x({0, 0, edge, edge}, 1), y({0, 0, edge / 3, edge / 3}, 1);
  for (int v = 0; v < edge; ++v)
    for (int u = 0; u < edge; ++u) x.view()(0, u, v) = y.view()(0, u / 3, v / 3) = scene(u, v);
  std::vector<float> correction(std::size_t(x.window().area()));
  const double start = cpu_seconds();
  network_correction(Exec(), simd, y.view(), 0, x.view(), 3, 1, 1, correction.data());
  const double seconds = cpu_seconds() - start;
  std::printf("network x3, %s: %.3f CPU s per fine megapixel\n", name_of(simd), seconds / (double(edge) * edge * 1e-6));
}

}  // namespace
}  // namespace nadir

int main(int argc, char** argv) {
  using namespace nadir;
  const int edge = argc > 1 ? std::max(60, std::atoi(argv[1])) : 768;
  SearchSettings pass;
  pass.patch = 8;
  pass.similar = 16;
  pass.radius = pass.dense_rows = 10;
  for (int level = int(widest_simd()); level >= int(Simd::portable); --level) {
    bench_matching(edge, Simd(level), pass, 4);
    if (argc > 2) continue;
    bench_network(edge, Simd(level));
    bench_solver(edge, Simd(level), Quality::fast, "fast");
    bench_solver(edge, Simd(level), Quality::balanced, "balanced");
    bench_solver(edge, Simd(level), Quality::best, "best");
  }
}
