// A ramp whose samples are their own map position, through every stage that moves, shrinks or enlarges pixels: judged
// by the georeference that comes out, no sample may lie more than a thousandth of a pixel beside its place.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

#include "stages/wavelet/filters.h"
#include "tests/stages/stage_chain.h"

namespace nadir {
namespace {

using test::Image;
using test::Step;
using test::through;
using Text = std::string;
using Whole = std::int64_t;

constexpr double kMostPx = 1e-3;  // of the ramp's own pixels
constexpr int kEdgePx = 32;       // mirrored ramps are no ramps
// Steep, so that what a denoiser takes for noise is little in pixels: nonlocal super-resolution lets half a grey level
// be.
constexpr double kStepDn = 40;

struct Case {
  Text name;
  std::vector<Step> chain;
  double gain = 1;  ///< of a constant
  Text band = "";   ///< the band to judge, by a part of its name; empty: all
  bool by_quarters = false;
};

// Band 0 is the column, band 1 the row of a pixel's centre, in source pixels, times kStepDn.
Image ramp() {
  Image image = test::make_image(253, 171, 2, [](int b, int x, int y) { return ((b == 0 ? x : y) + 0.5) * kStepDn; });
  image.info.bands[0].name = "col";
  image.info.bands[1].name = "row";
  return image;
}

struct Misplaced {
  std::array<double, 4> sum{};  ///< by quarter of the image
  std::array<std::int64_t, 4> samples{};
  double worst = 0;  ///< of a single sample

  void add(std::size_t quarter, double off) {
    sum[quarter] += off;
    ++samples[quarter];
    worst = std::max(worst, std::abs(off));
  }
  /// The mean of the quarter that is farthest off.
  double drift() const {
    double most = 0;
    for (std::size_t q = 0; q < 4; ++q) {
      const double mean = sum[q] / double(std::max<std::int64_t>(1, samples[q]));
      if (std::abs(mean) > std::abs(most)) most = mean;
    }
    return most;
  }
};

// Adds where samples say that they are, less where their pixels are by the georeference, in source pixels.
void compare_places(const Image& source, const Image& out, int band, const std::array<double, 6>& t, double gain,
                    Misplaced& misplaced) {
  const bool is_col = out.info.band_count() != 2 || band == 0;
  const Size size = source.info.grid.size();
  for (int y = 0; y < out.info.grid.height; ++y)
    for (int x = 0; x < out.info.grid.width; ++x) {
      const Point map = out.info.grid.to_map(x + 0.5, y + 0.5);
      const Point p = source.info.grid.to_pixel(map.x, map.y);
      const Point at{t[0] + t[1] * p.x + t[2] * p.y, t[3] + t[4] * p.x + t[5] * p.y};
      if (!out.valid(x, y) || std::min(at.x, at.y) < kEdgePx || at.x > size.width - kEdgePx ||
          at.y > size.height - kEdgePx)
        continue;
      const auto quarter = std::size_t((at.x > size.width / 2.0) + 2 * (at.y > size.height / 2.0));
      misplaced.add(quarter, out(band, x, y) / (gain * kStepDn) - (is_col ? at.x : at.y));
    }
}

Misplaced judge(const Case& c) {
  const Image source = ramp();
  const Image out = through(source, c.chain);
  std::array<double, 6> moved{0, 1, 0, 0, 0, 1};
  if (const auto* transform = std::get_if<Transform>(&c.chain[0].value)) moved = transform->pixel;
  Misplaced all;
  for (int b = 0; b < out.info.band_count(); ++b) {
    if (out.info.bands[std::size_t(b)].name.find(c.band) == Text::npos) continue;
    compare_places(source, out, b, moved, c.gain, all);
    if (!c.band.empty()) break;  // the first source band; a decomposition treats all alike
  }
  std::printf("%-58s %4d x %-4d drift %+.5f  worst %.5f px\n", c.name.c_str(), out.info.grid.width,
              out.info.grid.height, all.drift(), all.worst);
  return all;
}

Transform moved(double a, double b, double c, double d, double e, double f) { return {{a, b, c, d, e, f}, true, {}}; }

std::vector<Case> warps() {
  std::vector<Case> cases;
  for (const char* kernel : {"bilinear", "cubic", "lanczos3"}) {
    cases.push_back({Text("warp by (+0.37, -0.62), ") + kernel,
                     {{"warp", {{"resampling", Text(kernel)}}, moved(0.37, 1, 0, -0.62, 0, 1)}}});
    cases.push_back({Text("warp by (-3.5, +2.25), ") + kernel,
                     {{"warp", {{"resampling", Text(kernel)}}, moved(-3.5, 1, 0, 2.25, 0, 1)}}});
    cases.push_back({Text("warp turned and stretched, ") + kernel,
                     {{"warp", {{"resampling", Text(kernel)}}, moved(4.3, 0.98, 0.03, -5.2, -0.03, 0.98)}}});
    cases.push_back({Text("warp shrunk 1.5 times, ") + kernel,
                     {{"warp", {{"resampling", Text(kernel)}}, moved(0.2, 1.5, 0, 0.1, 0, 1.5)}}});
  }
  cases.push_back(
      {"warp by (+7, -4), nearest", {{"warp", {{"resampling", Text("nearest")}}, moved(7, 1, 0, -4, 0, 1)}}});
  cases.push_back(
      {"warp by (+0.37, -0.62), georeference only", {{"warp", {{"resample", false}}, moved(0.37, 1, 0, -0.62, 0, 1)}}});
  return cases;
}

std::vector<Case> degradations() {
  std::vector<Case> cases{{"blur, Gaussian 1.6", {{"blur", {{"sigma_px", 1.6}}}}},
                          {"blur, box", {{"blur", {{"kind", Text("box")}, {"sigma_px", 2.0}}}}}};
  for (const Whole factor : {2, 3, 4})
    for (const Text phase : {"centre", "corner"}) {
      const Text by = " by " + std::to_string(factor) + ", " + phase;
      const ParamMap shape{{"factor", factor}, {"phase", phase}};
      cases.push_back({"downsample" + by, {{"downsample", shape}}});
      ParamMap blurred = shape;
      blurred["sigma_px"] = 1.6;
      cases.push_back({"degrade, Gaussian 1.6," + by, {{"degrade", blurred}}});
      if (factor == 4) continue;
      cases.push_back(
          {"degrade and super_resolve back_projection" + by,
           {{"degrade", blurred},
            {"super_resolve", {{"scale", factor}, {"method", Text("back_projection")}, {"noise_dn", 0.0}}}}});
    }
  for (const Whole factor : {2, 3})
    cases.push_back({"downsample by " + std::to_string(factor) + ", area",
                     {{"downsample", {{"factor", factor}, {"method", Text("area")}}}}});
  return cases;
}

std::vector<Case> resolutions() {
  std::vector<Case> cases;
  for (const Whole scale : {2, 3, 4})
    for (const char* method : {"bicubic", "lanczos", "back_projection", "nonlocal"})
      cases.push_back({Text("super_resolve by ") + std::to_string(scale) + ", " + method,
                       {{"super_resolve", {{"scale", scale}, {"method", Text(method)}, {"noise_dn", 0.01}}}},
                       1,
                       "",
                       Text(method) == "nonlocal"});
  return cases;
}

std::vector<Case> decompositions() {
  std::vector<Case> cases;
  for (const Text filter :
       {"haar", "haar_mean", "db2", "db4", "db7", "sym5", "coif1", "cdf53", "cdf97", "johnston_16b"})
    for (const Whole levels : {1, 2, 3}) {
      const AnalysisChannel low = filter_of(*filter_named(filter)).low;
      if (low.length * ((1 << levels) - 1) > 2 * kEdgePx) continue;
      const double of_one_axis = std::accumulate(low.taps, low.taps + low.length, 0.0);
      cases.push_back({"qmf_decompose, approximation of " + filter + ", levels " + std::to_string(levels),
                       {{"qmf_decompose", {{"filter", filter}, {"levels", levels}}}},
                       std::pow(of_one_axis, 2.0 * double(levels)),
                       " ll"});
      const Step stationary{"qmf_decompose",
                            {{"filter", filter}, {"levels", levels}, {"transform", Text("stationary")}}};
      cases.push_back({"stationary approximation of " + filter + ", levels " + std::to_string(levels),
                       {stationary, {"qmf_subband", {{"subband", Text("ll")}}}},
                       std::pow(of_one_axis, 2.0 * double(levels))});
    }
  for (const Text filter : {"haar", "haar_mean", "db2", "db4"})
    cases.push_back({"qmf_decompose and qmf_reconstruct, " + filter,
                     {{"qmf_decompose", {{"filter", filter}}}, {"qmf_reconstruct", {}}}});
  for (const Text method : {"soft", "bayes_shrink", "sure_shrink"})
    cases.push_back({"qmf_denoise, " + method, {{"qmf_denoise", {{"method", method}, {"noise_dn", 0.01}}}}});
  cases.push_back({"local_statistics, mean",
                   {{"local_statistics", {{"statistics", std::vector<std::string>{"mean"}}}}},
                   1,
                   "mean of col"});
  return cases;
}

TEST(Geometry, no_stage_moves_a_ramp_by_a_thousandth_of_a_pixel) {
  for (const auto& cases : {warps(), degradations(), resolutions(), decompositions()})
    for (const Case& c : cases) {
      const Misplaced m = judge(c);
      EXPECT_LE(c.by_quarters ? std::abs(m.drift()) : m.worst, kMostPx) << c.name;
      for (const std::int64_t samples : m.samples) EXPECT_GT(samples, 50) << c.name;
    }
}

// A new stage is either judged above, or says here why it cannot move anything.
TEST(Geometry, every_tile_stage_is_judged_or_works_pixel_by_pixel) {
  const std::set<Text> judged{"warp",          "blur",        "downsample",      "degrade",     "super_resolve",
                              "qmf_decompose", "qmf_subband", "qmf_reconstruct", "qmf_denoise", "local_statistics"};
  const std::set<Text> pointwise{"noise", "luma", "normalized_difference", "spectral_index", "classify", "quantize"};
  // No ramps come out; their tests count around each pixel.
  const std::set<Text> of_labels{"smooth_labels", "sieve_labels", "segment"};
  const std::set<Text> moves_on_purpose{"distort"};
  for (const StageInfo& stage : all_stages())
    if (stage.as<TileFactory>()) {
      EXPECT_TRUE(judged.contains(stage.name) || pointwise.contains(stage.name) || of_labels.contains(stage.name) ||
                  moves_on_purpose.contains(stage.name))
          << stage.name;
    }
}

}  // namespace
}  // namespace nadir
