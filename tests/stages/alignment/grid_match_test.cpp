// Tie points between made-up images.
#include "stages/alignment/grid_match.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/error.h"
#include "pipeline/core/random.h"
#include "stages/alignment/alignment.h"
#include "stages/alignment/grid_verdict.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using test::Image;

// Smooth noise without any period, the same for the same seed: values at whole places, smoothly mixed between them.
double noise(double x, double y, std::uint64_t seed) {
  const double i = std::floor(x), j = std::floor(y);
  const auto value = [&](double a, double b) {
    return double(split_mix(seed ^
                            (std::uint64_t(std::int64_t(b) + 5000) << 32 | std::uint64_t(std::int64_t(a) + 5000))) >>
                  11) *
           0x1p-53;
  };
  const auto ease = [](double t) { return t * t * t * (t * (6 * t - 15) + 10); };
  const double u = ease(x - i), v = ease(y - j);
  return (1 - v) * ((1 - u) * value(i, j) + u * value(i + 1, j)) +
         v * ((1 - u) * value(i, j + 1) + u * value(i + 1, j + 1));
}

double scenery(double x, double y) {
  return 100 * noise(x / 6, y / 6, 1) + 60 * noise(x / 17, y / 17, 2) + 40 * noise(x / 3.5, y / 3.5, 3);
}

// An image of the scenery in which pixel p shows what lies at p - moved(p).
template <class Moved>
Image picture(int width, int height, const Moved& moved, double gain = 1) {
  return test::make_image(width, height, 1, [&](int, int x, int y) {
    const Point d = moved(x + 0.5, y + 0.5);
    return gain * scenery(x + 0.5 - d.x, y + 0.5 - d.y);
  });
}

const auto kStill = [](double, double) { return Point{}; };
const auto kShift = [](double, double) { return Point{5.37, -3.62}; };

Transform align(const Image& image, const Image& reference, ParamMap params = {}, const Image* mask = nullptr) {
  params.emplace("method", std::string("grid"));
  return std::get<Transform>(test::estimate(estimate_alignment_stage(), params, {&image, nullptr, &reference, mask}));
}

const Scalar& fact(const Transform& t, const std::string& name) { return *t.facts.find(name); }

TEST(GridMatch, finds_a_shift_between_pixels) {
  const Transform t = align(picture(300, 260, kShift), picture(300, 260, kStill));
  EXPECT_TRUE(t.reliable);
  EXPECT_EQ(fact(t, "model"), Scalar(std::string("shift")));
  EXPECT_NEAR(t.pixel[0], 5.37, 0.03);
  EXPECT_NEAR(t.pixel[3], -3.62, 0.03);
  EXPECT_FALSE(t.tie_points.empty());
}

TEST(GridMatch, does_not_mind_inverted_contrast) {
  const Transform t = align(picture(300, 260, kShift, -2.5), picture(300, 260, kStill));
  EXPECT_NEAR(t.pixel[0], 5.37, 0.03);
  EXPECT_NEAR(t.pixel[3], -3.62, 0.03);
}

TEST(GridMatch, is_confirmed_by_phase_correlation_where_contrasts_are_alike) {
  const Transform alike = align(picture(300, 260, kShift), picture(300, 260, kStill));
  EXPECT_EQ(fact(alike, "phase_is_clear"), Scalar(true));
  const auto offset = std::get<std::vector<double>>(fact(alike, "phase_offset_px"));
  EXPECT_LT(std::hypot(offset[0], offset[1]), 0.05);
  const Transform inverted = align(picture(300, 260, kShift, -2.5), picture(300, 260, kStill));
  EXPECT_EQ(fact(inverted, "phase_is_clear"), Scalar(false));
  EXPECT_TRUE(inverted.reliable);
}

Samples window_of_scenery(double moved_x, double moved_y) {
  Samples s{64, 64, {}};
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) s.values.push_back(float(scenery(x - moved_x, y - moved_y)));
  return s;
}

TEST(PhaseCheck, measures_what_is_left_and_lowers_confidence) {
  PhaseChecker checker;
  checker.add(window_of_scenery(2.3, -1.4), window_of_scenery(0, 0));
  const PhaseCheck check = checker.conclude();
  EXPECT_EQ(check.windows, 1u);
  ASSERT_TRUE(check.clear);
  EXPECT_NEAR(check.offset.x, 2.3, 0.1);
  EXPECT_NEAR(check.offset.y, -1.4, 0.1);

  GridEstimate estimate;
  estimate.inlier_share = 1;
  EXPECT_EQ(why_unreliable(estimate, {}), "");
  estimate.phase = check;
  EXPECT_NE(why_unreliable(estimate, {}).find("methods disagree"), std::string::npos);
  estimate.phase.clear = false;
  EXPECT_EQ(why_unreliable(estimate, {}), "");
}

TEST(PhaseCheck, has_no_opinion_on_what_is_unlike_or_mostly_invalid) {
  PhaseChecker checker;
  checker.add(window_of_scenery(500, 900), window_of_scenery(0, 0));
  EXPECT_FALSE(checker.conclude().clear);
  Samples holes = window_of_scenery(0, 0);
  std::fill_n(holes.values.begin(), 64 * 10, std::nanf(""));
  PhaseChecker none;
  none.add(holes, window_of_scenery(0, 0));
  EXPECT_EQ(none.conclude().windows, 0u);
  EXPECT_EQ(none.conclude().disagreement(), 0);
}

TEST(GridMatch, follows_a_bend) {
  const auto bent = [](double x, double y) { return Point{3 + 4e-5 * (x - 150) * (x - 150), 2 - 3e-5 * x * y}; };
  const Transform t = align(picture(320, 320, bent), picture(320, 320, kStill));
  ASSERT_TRUE(t.bend.has_value());
  for (int y = 40; y < 300; y += 40)
    for (int x = 40; x < 300; x += 40) {
      // The picture tells where its own pixels come from; the transform where those of the reference went.
      Point q{double(x), double(y)};
      for (int k = 0; k < 20; ++k) q = {x + bent(q.x, q.y).x, y + bent(q.x, q.y).y};
      EXPECT_NEAR(t.source(x, y).x, q.x, 0.15);
      EXPECT_NEAR(t.source(x, y).y, q.y, 0.15);
    }
}

TEST(GridMatch, reads_a_reference_with_finer_pixels_and_another_origin) {
  Image reference =
      test::make_image(600, 520, 1, [](int, int x, int y) { return scenery((x + 0.5) / 2 + 10, (y + 0.5) / 2 + 6); });
  const Image image = picture(300, 260, kShift);
  reference.info.grid = image.info.grid.shifted(10, 6).scaled(2, 1, {600, 520});
  const Transform t = align(image, reference);
  EXPECT_NEAR(t.pixel[0], 5.37, 0.05);
  EXPECT_NEAR(t.pixel[3], -3.62, 0.05);
}

TEST(GridMatch, leaves_masked_and_invalid_pixels_out) {
  Image image = picture(320, 260, kShift);
  const auto cloud = [](double, double) { return Point{-12.0, 9.0}; };
  const Image other = picture(320, 260, cloud);
  Image mask = test::make_image(320, 260, 1, [](int, int x, int) { return x < 130 ? 1 << 4 : 1; });
  copy_pixels(other.tile.view(), image.tile.view(), {0, 0, 130, 260});
  image.invalidate({250, 20, 30, 30});
  const Image reference = picture(320, 260, kStill);
  const Transform t = align(image, reference, {{"mask_bits", std::vector<double>{4}}}, &mask);
  EXPECT_TRUE(t.reliable);
  EXPECT_NEAR(t.pixel[0], 5.37, 0.03);
  EXPECT_NEAR(t.pixel[3], -3.62, 0.03);
  const Transform without = align(image, reference);
  EXPECT_FALSE(without.reliable);
  EXPECT_EQ(without.pixel, Transform{}.pixel);
}

TEST(GridMatch, refuses_images_that_have_nothing_in_common_or_everything) {
  const Image reference = picture(260, 260, kStill);
  const Image noise_only =
      test::make_image(260, 260, 1, [](int, int x, int y) { return 50 * noise(x / 4.0, y / 4.0, 77); });
  EXPECT_FALSE(align(noise_only, reference).reliable);
  EXPECT_FALSE(align(test::make_image(260, 260, 1, [](int, int, int) { return 5; }), reference).reliable);
  const Transform same = align(reference, reference);
  EXPECT_FALSE(same.reliable);
  EXPECT_NE(std::get<std::string>(fact(same, "reason")).find("reference.path"), std::string::npos);
  EXPECT_THROW(align(noise_only, reference, {{"on_failure", std::string("stop")}}), Error);
}

TEST(GridMatch, says_when_nothing_valid_overlaps) {
  const auto reason = [](const Image& image, const Image& reference) {
    return std::get<std::string>(fact(align(image, reference), "reason"));
  };
  const Image reference = picture(260, 260, kStill);
  Image apart = picture(260, 260, kShift), left = picture(260, 260, kStill);
  apart.invalidate({0, 0, 140, 260});
  left.invalidate({120, 0, 140, 260});
  const std::string said = reason(apart, left);
  EXPECT_NE(said.find("valid"), std::string::npos) << said;
  EXPECT_EQ(said.find("by chance"), std::string::npos) << said;
  const std::string flat = reason(test::make_image(260, 260, 1, [](int, int, int) { return 5; }), reference);
  EXPECT_EQ(flat.find("0 of 0"), std::string::npos) << flat;
}

TEST(GridMatch, bounds_what_it_keeps) {
  ImageInfo info;
  info.grid = {10980, 10980, {500000, 10, 0, 4600000, 0, -10}, ""};
  info.bands.resize(4);
  for (const int radius : {32, 512}) {
    const GridMatch match(info, info, {radius, 64, 100, TieModel::automatic});
    double samples = 0;
    for (const Window& b : match.blocks())
      samples += 4.0 * double(match.of_image(b).area() + match.of_reference(b).area());
    EXPECT_LE(samples * 4, 256e6 * 1.05) << radius;
    EXPECT_GE(match.blocks().size(), 6u);
  }
}

}  // namespace
}  // namespace nadir
