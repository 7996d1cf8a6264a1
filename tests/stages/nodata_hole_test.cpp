// A hole of 96 pixels in a constant, through every stage that reads neighbours: what is valid afterwards is the
// constant still, and validity ends where the stage's rule says.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "tests/stages/stage_chain.h"

namespace nadir {
namespace {

using test::Image;
using test::Step;
using Text = std::string;
using Whole = std::int64_t;

constexpr float kConstant = 1000;
constexpr double kRounding = 5e-5 * kConstant;  // hundreds of float32 operations in the solvers
const Window kHole{112, 80, 96, 96};

struct Case {
  Text name;
  std::vector<Step> chain;
  int loses_px = 0;  ///< how far around the hole pixels may become invalid, source pixels
  int gains_px = 0;  ///< how far within the hole they may become valid
  double gain = 1;   ///< of a constant
  Text band = "";    ///< the band that holds the constant, by a part of its name; empty: all. Others hold 0
};

Image constant_with_hole() {
  Image image = test::make_image(320, 256, 1, [](int, int, int) { return kConstant; });
  image.info.bands[0].name = "dn";
  image.invalidate(kHole);
  return image;
}

struct Damage {
  std::int64_t contaminated = 0;  ///< valid samples that are not the constant
  std::int64_t lost = 0;          ///< pixels that are invalid far from the hole
  std::int64_t gained = 0;        ///< pixels that are valid deep in the hole
  double worst = 0;               ///< deviation from the constant, in its units
};

double expected(const Case& c, const Text& band) { return band.find(c.band) == Text::npos ? 0 : kConstant * c.gain; }

// The part of the source that a pixel covers by the georeference, moved as the transform says; pixels, rounded
// outwards.
Window footprint(const Image& source, const Image& out, int x, int y, const std::array<double, 6>& t) {
  Extent e{1e9, 1e9, -1e9, -1e9};
  for (const double dx : {0.0, 1.0})
    for (const double dy : {0.0, 1.0}) {
      const Point map = out.info.grid.to_map(x + dx, y + dy);
      const Point p = source.info.grid.to_pixel(map.x, map.y);
      const Point at{t[0] + t[1] * p.x + t[2] * p.y, t[3] + t[4] * p.x + t[5] * p.y};
      e = {std::min(e.min_x, at.x), std::min(e.min_y, at.y), std::max(e.max_x, at.x), std::max(e.max_y, at.y)};
    }
  const double slack = 1e-6;
  return from_edges(int(std::floor(e.min_x + slack)), int(std::floor(e.min_y + slack)), int(std::ceil(e.max_x - slack)),
                    int(std::ceil(e.max_y - slack)));
}

Damage damage(const Case& c) {
  const Image source = constant_with_hole();
  const Image out = test::through(source, c.chain);
  std::array<double, 6> moved{0, 1, 0, 0, 0, 1};
  if (const auto* transform = std::get_if<Transform>(&c.chain[0].value)) moved = transform->pixel;
  const Window inside = whole(source.info.grid.size());
  Damage d;
  for (int y = 0; y < out.info.grid.height; ++y)
    for (int x = 0; x < out.info.grid.width; ++x) {
      const Window from = footprint(source, out, x, y, moved);
      const bool valid = out.valid(x, y);
      d.lost += !valid && inside.contains(from) && intersect(from, grow(kHole, c.loses_px)).empty();
      d.gained += valid && grow(kHole, -c.gains_px).contains(from);
      for (int b = 0; valid && b < out.info.band_count(); ++b) {
        const double off = std::abs(out(b, x, y) - expected(c, out.info.bands[std::size_t(b)].name)) / c.gain;
        d.contaminated += !(off <= kRounding);
        d.worst = std::max(d.worst, off);
      }
    }
  std::printf("%-58s contaminated %4ld (off by %.5f)  lost %ld  gained %ld\n", c.name.c_str(), long(d.contaminated),
              d.worst, long(d.lost), long(d.gained));
  return d;
}

Transform moved(double a, double b, double c, double d, double e, double f) { return {{a, b, c, d, e, f}, true, {}}; }

std::vector<Case> warps() {
  std::vector<Case> cases;
  for (const char* kernel : {"nearest", "bilinear", "cubic", "lanczos3"}) {
    const ParamMap params{{"resampling", Text(kernel)}};
    cases.push_back(
        {Text("warp by (+0.37, -0.62), ") + kernel, {{"warp", params, moved(0.37, 1, 0, -0.62, 0, 1)}}, 1, 1});
    cases.push_back(
        {Text("warp turned, ") + kernel, {{"warp", params, moved(4.3, 0.98, 0.03, -5.2, -0.03, 0.98)}}, 2, 2});
    cases.push_back(
        {Text("warp shrunk 1.5 times, ") + kernel, {{"warp", params, moved(0.2, 1.5, 0, 0.1, 0, 1.5)}}, 3, 3});
  }
  return cases;
}

std::vector<Case> degradations() {
  std::vector<Case> cases;
  for (const char* kind : {"gaussian", "box"})
    cases.push_back({Text("blur, ") + kind, {{"blur", {{"kind", Text(kind)}, {"sigma_px", 3.0}}}}});
  for (const Whole factor : {2, 3})
    for (const Text phase : {"centre", "corner"}) {
      const Text by = " by " + std::to_string(factor) + ", " + phase;
      const ParamMap shape{{"factor", factor}, {"phase", phase}};
      ParamMap blurred = shape;
      blurred["sigma_px"] = 1.6;
      // The hole is no whole number of blocks of three, and half of the weight decides.
      const int off = int(factor) + 2;
      cases.push_back({"downsample" + by, {{"downsample", shape}}, off, off});
      cases.push_back({"degrade, Gaussian 1.6," + by, {{"degrade", blurred}}, off, off});
      cases.push_back({"degrade and super_resolve" + by,
                       {{"degrade", blurred}, {"super_resolve", {{"scale", factor}, {"noise_dn", 0.0}}}},
                       off,
                       off});
    }
  for (const Whole factor : {2, 3})
    cases.push_back({"downsample by " + std::to_string(factor) + ", area",
                     {{"downsample", {{"factor", factor}, {"method", Text("area")}}}},
                     int(factor),
                     int(factor)});
  return cases;
}

std::vector<Case> resolutions() {
  std::vector<Case> cases;
  for (const Whole scale : {2, 3})
    for (const char* method : {"bicubic", "lanczos", "back_projection", "nonlocal"})
      cases.push_back({Text("super_resolve by ") + std::to_string(scale) + ", " + method,
                       {{"super_resolve", {{"scale", scale}, {"method", Text(method)}, {"noise_dn", 0.0}}}}});
  return cases;
}

// A coarse pixel is valid when its block has a valid sample.
std::vector<Case> decompositions() {
  std::vector<Case> cases;
  for (const Text filter : {"haar", "haar_mean", "db2", "db4", "db10", "coif3", "cdf53", "cdf97"})
    for (const Whole levels : {1, 2, 3}) {
      const Text name = filter + ", levels " + std::to_string(levels);
      const Step decompose{"qmf_decompose", {{"filter", filter}, {"levels", levels}}};
      const double gain = filter == "haar_mean" ? 1 : double(1 << levels);
      cases.push_back({"qmf_decompose, " + name, {decompose}, 0, 1 << levels, gain, " ll"});
      const Step stationary{"qmf_decompose",
                            {{"filter", filter}, {"levels", levels}, {"transform", Text("stationary")}}};
      const int moved = filter.starts_with("haar") ? 1 << levels : 1 << (levels + 1);
      cases.push_back({"stationary, " + name, {stationary}, moved, moved, gain, " ll"});
      cases.push_back(
          {"qmf_decompose and qmf_reconstruct, " + name, {decompose, {"qmf_reconstruct", {}}}, 0, 1 << levels});
    }
  for (const Text method : {"soft", "bayes_shrink", "sure_shrink"})
    cases.push_back({"qmf_denoise, " + method, {{"qmf_denoise", {{"method", method}, {"noise_dn", 0.001}}}}});
  return cases;
}

TEST(NodataHole, contaminates_no_pixel_and_ends_where_the_rule_of_the_stage_says) {
  for (const auto& cases : {warps(), degradations(), resolutions(), decompositions()})
    for (const Case& c : cases) {
      const Damage d = damage(c);
      EXPECT_EQ(d.contaminated, 0) << c.name;
      EXPECT_EQ(d.lost, 0) << c.name;
      EXPECT_EQ(d.gained, 0) << c.name;
    }
}

}  // namespace
}  // namespace nadir
