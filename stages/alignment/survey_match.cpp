// The search for the shift between image and survey.
#include "stages/alignment/survey_match.h"

#include <algorithm>
#include <cmath>

#include "stages/alignment/survey_blocks.h"
#include "stages/alignment/survey_judge.h"
#include "stages/alignment/survey_turn.h"

namespace nadir {
namespace {

constexpr double kLeastOverlap = 2.0 / 3;  // of the survey pixels must fall on valid ones, else a shift is not judged
constexpr int kCoarseSamples = 3000;
constexpr int kFineSamples = 20000;
constexpr int kFinePerPixel = 4;  // points of the survey along a pixel in the fine search
constexpr int kFineRadius = 2;    // steps of the fine search around the best shift known
constexpr double kFirstStepPx = 0.4;
constexpr double kLargestStepPx = 1.25;
// Polygons are drawn well inside of what they show, so the top is a plateau: its middle is told by its sides. The fine
// search spans where they have fallen by this part of the height.
constexpr double kFallen = 0.125;
constexpr int kFineRounds = 4;
constexpr int kFineReach = 2 + 3 + kBlurReach + 1;  // px that the fine search may read beyond the coarse one

using Surfaces = std::vector<Surface>;  // by set

// Shifts that move more of the survey off the valid pixels are not judged.
std::int64_t least_overlap(const std::vector<Judged>& judged) {
  std::int64_t most = 0;
  for (const Judged& j : judged) most = std::max(most, j.overlap);
  return std::max<std::int64_t>(1, std::int64_t(kLeastOverlap * double(most)));
}

std::vector<Judged> judge_whole_shifts(const PixelMosaic& mosaic, const SurveySampler& sampler, int radius,
                                       const Exec& exec) {
  const std::vector<SurveySample> samples = sampler.draw();
  const int side = 2 * radius + 1;
  std::vector<Judged> judged(std::size_t(side * side));
  exec.parallel(side, [&](int row) {
    for (int col = 0; col < side; ++col)
      judged[std::size_t(row * side + col)] =
          judge(samples, mosaic.side(), sampler.classes(),
                [&](const SurveySample& s) { return mosaic.at(s.x + col - radius, s.y + row - radius); });
  });
  return judged;
}

Surfaces judge_around(const PixelMosaic& mosaic, const SurveySampler& sampler, const std::vector<SurveySample>& samples,
                      Placement place, double step, const Exec& exec) {
  const int side = 2 * kFineRadius + 1;
  std::vector<Judged> judged(std::size_t(side * side));
  exec.parallel(side * side, [&](int k) {
    Placement moved = place;
    moved.shift.x += step * (k % side - kFineRadius), moved.shift.y += step * (k / side - kFineRadius);
    BlurredReader reader(mosaic, moved, sampler.per_pixel());
    judged[std::size_t(k)] = judge(samples, mosaic.side(), sampler.classes(), reader);
  });
  return to_surfaces(judged, kFineRadius, 1);
}

// The top of the quadratic through the whole fine surface.
Point top_of(const Surface& fine, const Point& centre, double step) {
  const Point p = refine(fine, {0, 0, fine.at(0, 0)}, kFineRadius);
  return {centre.x + step * p.x, centre.y + step * p.y};
}

// The step at which the edge of the fine surface lies lower than its middle by kFallen of the height above `ground`, as
// far as this surface tells.
double fitting_step(const Surface& fine, double ground, double step) {
  double edge = 0;
  int count = 0;
  for (int y = -kFineRadius; y <= kFineRadius; ++y)
    for (int x = -kFineRadius; x <= kFineRadius; ++x)
      if (std::max(std::abs(x), std::abs(y)) == kFineRadius) edge += fine.at(x, y), ++count;
  const double fallen = (fine.at(0, 0) - edge / count) / (fine.at(0, 0) - ground);
  if (!(fallen > 0)) return std::min(2 * step, kLargestStepPx);
  return std::clamp(step * std::sqrt(kFallen / fallen), kFirstStepPx, kLargestStepPx);
}

// Shifts of all sets: near the best whole shift between pixels; a set that peaks elsewhere on the coarse surface.
void locate(const Surfaces& coarse, const Peak& top, const PixelMosaic& mosaic, const SurveySampler& sampler,
            bool turns, const Exec& exec, ShiftEstimate& estimate) {
  const std::vector<SurveySample> samples = sampler.draw();
  const double ground = median_score(coarse[0]);
  Placement place{.shift = refine(coarse[0], top, 1)};
  Point whole{double(top.x), double(top.y)};
  if (turns) {
    place = find_turn(mosaic, samples, sampler.per_pixel(), sampler.classes(), place, exec);
    estimate.turn = place.turn, estimate.scale = place.scale, estimate.centre = place.centre;
    whole = place.shift;
  }
  Point& centre = place.shift;
  double step = kFirstStepPx;
  Surfaces fine;
  for (int round = 0; round < kFineRounds; ++round) {
    if (round > 0) {
      const Point moved = top_of(fine[0], centre, step);
      centre = {std::clamp(moved.x, whole.x - 2, whole.x + 2), std::clamp(moved.y, whole.y - 2, whole.y + 2)};
      step = fitting_step(fine[0], ground, step);
    }
    fine = judge_around(mosaic, sampler, samples, place, step, exec);
  }
  for (std::size_t set = 0; set < kSets; ++set) {
    const Peak own = highest(coarse[set]).value_or(top);
    const bool near = std::max(std::abs(own.x - top.x), std::abs(own.y - top.y)) <= 1;
    estimate.shift[set] = near ? top_of(fine[set], centre, step) : refine(coarse[set], own, 1);
  }
}

std::size_t classes_in(const std::vector<SurveySample>& samples, int classes) {
  std::vector<bool> seen(std::size_t(classes), false);
  for (const SurveySample& s : samples) seen[std::size_t(s.group % classes)] = true;
  return std::size_t(std::count(seen.begin(), seen.end(), true));
}

}  // namespace

SurveyMatch::SurveyMatch(SurveyPtr survey, const ImageInfo& image, int max_shift_px, bool turns, Split split,
                         std::uint64_t seed)
    : image_(image), max_shift_px_(max_shift_px), turns_(turns), seed_(seed) {
  SurveyBlocks near = blocks_near(survey.get(), split, image.grid, max_shift_px + kFineReach, image.band_count() + 1);
  survey_ = std::move(near.survey);
  blocks_ = std::move(near.blocks);
}

std::unique_ptr<Evidence> SurveyMatch::observe(ConstTileView block) const {
  return std::make_unique<PixelBlock>(block);
}

ShiftEstimate SurveyMatch::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  ShiftEstimate estimate;
  const auto failed = [&](std::string reason) {
    estimate.failure = std::move(reason);
    return estimate;
  };
  const SurveySampler sampler(survey_, image_.grid, blocks_, seed_, kCoarseSamples, 1);
  const SurveySampler fine_sampler(survey_, image_.grid, blocks_, seed_, kFineSamples, kFinePerPixel);
  const auto samples = sampler.draw();
  estimate.samples = std::int64_t(samples.size());
  if (samples.empty()) return failed("no pixel of the scene lies under a survey feature");
  if (classes_in(samples, sampler.classes()) < 2) return failed("the survey shows only one class inside the scene");
  const PixelMosaic mosaic(std::move(evidence), image_.grid.size());
  if (!mosaic.has_contrast()) return failed("the image has no contrast near the survey");

  const auto whole = judge_whole_shifts(mosaic, sampler, max_shift_px_, exec);
  const Surfaces coarse = to_surfaces(whole, max_shift_px_, least_overlap(whole));
  const auto top = highest(coarse[0]);
  if (!top) return failed("no shift explains the survey better than another");
  estimate.on_border = std::max(std::abs(top->x), std::abs(top->y)) == max_shift_px_;
  estimate.peak = top->score;
  estimate.second_peak = second_highest(coarse[0], *top);
  estimate.z_score = robust_z(coarse[0], *top);
  locate(coarse, *top, mosaic, fine_sampler, turns_, exec, estimate);
  return estimate;
}

}  // namespace nadir
