// Real scenes solved in blocks against the same solved in one piece: what a border of blocks leaves behind.
#include <gtest/gtest.h>

#include <cmath>

#include "io/io.h"
#include "stages/super_resolution/super_resolution.h"
#include "stages/wavelet/wavelet.h"
#include "tests/end_to_end/sandbox.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

using Whole = std::int64_t;

struct Scene {
  const char* file;
  int band;
  int x, y;  ///< of the part that is solved
};

void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.file; }

constexpr int kSide = 192;
constexpr int kSegment = 32;  // fine pixels along a border, whose mean step the eye would see

test::Image read_part(const std::string& path, const Scene& scene) {
  test::Image all;
  all.tile = read_whole(path, &all.info);
  test::Image part = test::make_image(
      kSide, kSide, 1, [&](int, int x, int y) { return double(all(scene.band, scene.x + x, scene.y + y)); });
  part.info.type = all.info.type;
  return part;
}

// Steps from one fine pixel to the next, in grey levels, summed over borders of blocks, or off them.
class StepSum {
 public:
  // Borders lie at multiples of `period`.
  template <class Sample>
  void add(int period, bool on, const Sample& sample) {
    for (const bool down : {false, true})
      for (int across = 1; across < 2 * kSide; ++across)
        if ((across % period == 0) == on)
          for (int along = 0; along + kSegment <= 2 * kSide; along += kSegment)
            add_segment(along, [&](int k) {
              return down ? sample(k, across) - sample(k, across - 1) : sample(across, k) - sample(across - 1, k);
            });
  }
  double absolute() const { return absolute_ / (segments_ * kSegment); }
  double rms() const { return std::sqrt(squares_ / (segments_ * kSegment)); }
  double of_segments() const { return std::sqrt(segment_squares_ / segments_); }

 private:
  template <class Step>
  void add_segment(int along, const Step& step) {
    double sum = 0;
    for (int k = along; k < along + kSegment; ++k) {
      absolute_ += std::abs(step(k));
      squares_ += step(k) * step(k);
      sum += step(k);
    }
    segment_squares_ += sum * sum / (kSegment * kSegment);
    segments_ += 1;
  }

  double absolute_ = 0, squares_ = 0, segment_squares_ = 0, segments_ = 0;
};

class Seams : public ::testing::TestWithParam<Scene> {};

TEST_P(Seams, of_blocks_of_any_size_cannot_be_told_from_the_image) {
  NADIR_NEEDS_DATA(path, GetParam().file);
  configure_io(std::size_t{64} << 20);
  const test::Image scene = read_part(path, GetParam());
  const Record statistics = std::get<Record>(test::estimate(estimate_noise_stage(), {}, {&scene}));
  const auto range = [&](const char* name) { return std::get<std::vector<double>>(*statistics.find(name))[0]; };
  const double gain = scene.info.type == SampleType::u8 ? 1 : 200 / (range("high") - range("low"));
  const auto solve = [&](Whole block) {
    return test::apply(super_resolve_stage(), {{"block_px", block}}, {&scene}, {{}, statistics});
  };
  const test::Image whole = solve(4096);
  const auto of_whole = [&](int x, int y) { return gain * double(whole(0, x, y)); };
  StepSum on, off, whole_on, whole_off, seam, chance;
  for (const Whole block : {48, 64, 96}) {
    const test::Image blocks = solve(block);
    const auto of_blocks = [&](int x, int y) { return gain * double(blocks(0, x, y)); };
    const auto difference = [&](int x, int y) { return of_blocks(x, y) - of_whole(x, y); };
    const int period = 2 * int(block);
    on.add(period, true, of_blocks), off.add(period, false, of_blocks);
    whole_on.add(period, true, of_whole), whole_off.add(period, false, of_whole);
    seam.add(period, true, difference), chance.add(period, false, difference);
  }
  const double ratio = on.absolute() / whole_on.absolute() / (off.absolute() / whole_off.absolute());
  std::printf(
      "%-60s ratio %.4f, rms %.2f (%.2f in one piece), of the difference %.3f (elsewhere %.3f), of its segments "
      "%.3f (%.3f)\n",
      GetParam().file, ratio, on.rms(), whole_on.rms(), seam.rms(), chance.rms(), seam.of_segments(),
      chance.of_segments());
  EXPECT_NEAR(ratio, 1, 0.01);
  EXPECT_NEAR(on.rms(), whole_on.rms(), 0.01 * whole_on.rms());
  // Where nothing ends, the two differ as much.
  EXPECT_LT(seam.rms(), 1.4 * chance.rms());
  EXPECT_LT(seam.of_segments(), 1.25 * chance.of_segments());
}

INSTANTIATE_TEST_SUITE_P(All, Seams,
                         ::testing::Values(Scene{"coreg/naip_4709963/m_4709963_se_14_1_20140720.tif", 0, 300, 200},
                                           Scene{"truth/aber_s2/s2_aber_20210527_10b_u16_27700.tif", 2, 400, 400},
                                           Scene{"truth/atlanta_building_footprints/sample_geotiff.tif", 0, 400, 400}));

}  // namespace
}  // namespace nadir
