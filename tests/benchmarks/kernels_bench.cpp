// Throughput of the kernels against the copy bandwidth measured beside them, on the CPU or a CUDA device. Needs nothing
// but nadir_kernels.
//   nadir_kernels_bench [--device cpu|cuda] [--size N] [--bands N] [--repeats N]
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/alignment/alignment_ops.h"
#include "stages/degradation/degradation_ops.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet_ops.h"
#include "tests/benchmarks/block_kernels_bench.h"
#include "tests/benchmarks/timing.h"

namespace nadir {

/// A cheap texture, all valid.
struct FillTexture {
  TileView out;
  HD void operator()(int b, int x, int y) const {
    out(b, x, y) = float((x * 37 + y * 101 + b * 11) & 255);
    if (b == 0) out.mask()(x, y) = 1;
  }
};

struct CopySamples {
  ConstTileView in;
  TileView out;
  HD void operator()(int b, int x, int y) const { out(b, x, y) = in(b, x, y); }
};

namespace {

struct Settings {
  Device device = Device::cpu;
  int size = 4096;
  int bands = 4;
  int repeats = 7;
};

class Bench {
 public:
  explicit Bench(const Settings& s)
      : s_(s), exec_(s.device), window_{0, 0, s.size, s.size}, source_(exec_, grow(window_, kMargin), s.bands) {
    const TileView all = source_.view();
    for_each(exec_, s.bands, all.window, FillTexture{all}, "fill_texture");
  }

  void run() {
    std::printf("%s, %d x %d x %d float32, medians of %d\n",
                s_.device == Device::cuda ? device_name().c_str() : "per CPU second", s_.size, s_.size, s_.bands,
                s_.repeats);
    std::printf("%-28s %16s %9s %8s\n", "kernel", "Mpixel-bands/s", "GB/s", "of copy");
    copy();
    blur();
    degrade();
    for (const FilterName name : {FilterName::haar, FilterName::db4, FilterName::cdf97}) {
      wavelet(name);
      synthesis(name);
    }
    stationary(FilterName::db4);
    warp_by("shift", {0.37, 1, 0, -0.62, 0, 1});
    warp_by("affine map", {2.2, 1.001, -0.004, 1.7, 0.005, 0.999});
    if (exec_.on_device() || s_.size <= kLargestLoops) bench_block_kernels(exec_, s_.size, s_.repeats);
  }

 private:
  static constexpr int kMargin = 128;        // more than any kernel here reaches
  static constexpr int kLargestLoops = 128;  // on the CPU kernels of blocks are loops that only tests use

  // Counts each input and output sample once.
  void report(const std::string& name, double seconds, double samples_in, double samples_out) {
    const double rate = (samples_in + samples_out) * sizeof(float) / seconds / 1e9;
    if (copy_rate_ == 0) copy_rate_ = rate;
    std::printf("%-28s %16.1f %9.2f %7.1f%%\n", name.c_str(), samples_in / seconds / 1e6, rate,
                100 * rate / copy_rate_);
  }
  double samples() const { return double(window_.area()) * s_.bands; }

  void copy() {
    const ScratchTile out(exec_, window_, s_.bands);
    const double t = median_seconds(exec_, s_.repeats, [&] {
      for_each(exec_, s_.bands, window_, CopySamples{source_.view(), out.view()}, "copy_samples");
    });
    report("copy", t, samples(), samples());
  }

  void blur() {
    const AxisTaps taps = axis_taps(observation(gaussian_taps(1.6, 0), 1, Phase::centre, Sampling::decimate));
    const ScratchTile out(exec_, window_, s_.bands);
    const double t =
        median_seconds(exec_, s_.repeats, [&] { observe(exec_, source_.view(), out.view(), taps, MaskRule::centre); });
    report("blur, sigma 1.6", t, samples(), samples());
  }

  void degrade() {
    const AxisTaps taps = axis_taps(observation(gaussian_taps(1.6, 0), 2, Phase::centre, Sampling::decimate));
    const Window coarse{0, 0, s_.size / 2, s_.size / 2};
    const ScratchTile out(exec_, coarse, s_.bands);
    const double t = median_seconds(exec_, s_.repeats, [&] { observe(exec_, source_.view(), out.view(), taps); });
    report("blur and downsample by 2", t, samples(), samples() / 4);
  }

  void wavelet(FilterName name) {
    const Filter filter = filter_of(name);
    const int levels = 3;
    SubbandLayout layout{levels, margin_of(filter, levels), s_.bands, {s_.size, s_.size}};
    const Window packed{layout.margin, layout.margin, s_.size >> levels, s_.size >> levels};
    const ScratchTile out(exec_, packed, s_.bands * layout.bands_per_source_band());
    const double t = median_seconds(exec_, s_.repeats, [&] {
      analyze(exec_, source_.view(), out.view(), {filter, layout});
    });
    report(name_of(name) + ", 3 levels, analysis", t, samples(), samples());
  }

  void synthesis(FilterName name) {
    const Filter filter = filter_of(name);
    const int levels = 3;
    const SubbandLayout layout{levels, margin_of(filter, levels), s_.bands, {s_.size, s_.size}};
    const Bank bank{filter, layout};
    const Window packed{0, 0, (s_.size >> levels) + 2 * layout.margin, (s_.size >> levels) + 2 * layout.margin};
    const ScratchTile subbands(exec_, packed, s_.bands * layout.bands_per_source_band());
    const ScratchTile out(exec_, window_, s_.bands);
    analyze(exec_, source_.view(), subbands.view(), bank);
    const double t = median_seconds(exec_, s_.repeats, [&] { synthesize(exec_, {subbands.view()}, out.view(), bank); });
    report(name_of(name) + ", 3 levels, synthesis", t, samples(), samples());
  }

  void stationary(FilterName name) {
    const Filter filter = filter_of(name);
    const int levels = 2;
    const StationaryLayout layout{levels, stationary_margin(filter, levels), s_.bands, {s_.size, s_.size}};
    // A part of the image: its seven subbands take as many times the memory.
    const Window packed{layout.margin, layout.margin, s_.size / 2, s_.size / 2};
    const ScratchTile out(exec_, packed, s_.bands * layout.bands_per_source_band());
    const double t = median_seconds(exec_, s_.repeats, [&] {
      stationary_analyze(exec_, source_.view(), out.view(), {filter, layout});
    });
    report(name_of(name) + ", 2 levels, stationary", t, samples() / 4, samples() / 4 * layout.bands_per_source_band());
  }

  void warp_by(const std::string& what, const std::array<double, 6>& matrix) {
    const WarpPlan plan = plan_warp(matrix, Resampling::cubic, {s_.size, s_.size});
    const ScratchTile out(exec_, window_, s_.bands);
    const double t = median_seconds(exec_, s_.repeats, [&] { warp(exec_, source_.view(), out.view(), plan); });
    report("warp, cubic, " + what, t, samples(), samples());
  }

  Settings s_;
  Exec exec_;
  Window window_;
  ScratchTile source_;
  double copy_rate_ = 0;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--device")
      s.device = std::string(argv[i + 1]) == "cuda" ? Device::cuda : Device::cpu;
    else if (key == "--size")
      s.size = std::max(64, std::atoi(argv[i + 1]) / 8 * 8);
    else if (key == "--bands")
      s.bands = std::max(1, std::atoi(argv[i + 1]));
    else if (key == "--repeats")
      s.repeats = std::max(1, std::atoi(argv[i + 1]));
    else
      throw Error(Fault::usage, "unknown option " + key);
  }
  return s;
}

}  // namespace
}  // namespace nadir

int main(int argc, char** argv) {
  try {
    nadir::Bench(nadir::read_settings(argc, argv)).run();
    return 0;
  } catch (const nadir::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault());
  }
}
