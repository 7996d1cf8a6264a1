// The search for the shift between image and survey.
#include "stages/alignment/survey_match.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "stages/alignment/class_scatter.h"
#include "stages/alignment/pixel_mosaic.h"
#include "stages/alignment/survey_samples.h"

namespace nadir {
namespace {

constexpr std::int64_t kMostSamplesHeld = std::int64_t{1} << 26;  // of all bands, float32: 256 MiB
constexpr double kLeastOverlap = 2.0 / 3;  // of the survey pixels must fall on valid ones, else a shift is not judged
constexpr int kSteps = 4;                  // of the fine search a pixel
constexpr int kFineRadius = 6;             // steps: 1.5 px around the best whole shift
constexpr int kFineReach = 2;              // px that the fine search may leave the coarse one
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

using Scores = std::array<double, kSets>;

// The information at one shift, for all folds and for the halves.
struct Judged {
  Scores score{};
  std::int64_t overlap = 0;
};

Judged judge(const PixelMosaic& mosaic, const std::vector<SurveySample>& samples, int classes, int dx, int dy) {
  const int side = mosaic.side();
  const std::size_t area = std::size_t(side * side);
  Moments by_fold(area * std::size_t(kFolds * classes));
  Judged result;
  for (const SurveySample& s : samples) {
    const float* z = mosaic.at(s.x + dx, s.y + dy);
    if (!z) continue;
    ++result.overlap;
    double* m = &by_fold[area * std::size_t(s.group)];
    for (int i = 0; i < side; ++i) {
      const double zi = z[i];
      for (int j = 0; j < side; ++j) m[i * side + j] += zi * z[j];
    }
  }
  Moments of_set(area * std::size_t(classes));
  std::vector<const double*> rows;
  for (int c = 0; c < classes; ++c) rows.push_back(&of_set[area * std::size_t(c)]);
  for (int set = 0; set < kSets; ++set) {
    std::fill(of_set.begin(), of_set.end(), 0.0);
    for (int fold = 0; fold < kFolds; ++fold)
      for (std::size_t k = 0; in_set(set, fold) && k < of_set.size(); ++k)
        of_set[k] += by_fold[std::size_t(fold) * of_set.size() + k];
    result.score[std::size_t(set)] = class_information(rows, side);
  }
  return result;
}

using Surfaces = std::vector<Surface>;  // by set

// Shifts that move too much of the survey off the valid pixels are not judged.
Surfaces to_surfaces(const std::vector<Judged>& judged, int radius, std::int64_t least_overlap) {
  Surfaces surfaces(kSets, Surface(radius));
  for (int y = -radius, k = 0; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x, ++k)
      for (int set = 0; set < kSets; ++set)
        surfaces[std::size_t(set)].at(x, y) =
            judged[std::size_t(k)].overlap >= least_overlap ? judged[std::size_t(k)].score[std::size_t(set)] : kUnknown;
  return surfaces;
}

std::int64_t least_overlap(const std::vector<Judged>& judged) {
  std::int64_t most = 0;
  for (const Judged& j : judged) most = std::max(most, j.overlap);
  return std::max<std::int64_t>(1, std::int64_t(kLeastOverlap * double(most)));
}

std::vector<Judged> judge_whole_shifts(const PixelMosaic& mosaic, const SurveySampler& sampler, int radius,
                                       const Exec& exec) {
  const std::vector<SurveySample> samples = sampler.draw(0, 0);
  const int side = 2 * radius + 1;
  std::vector<Judged> judged(std::size_t(side * side));
  exec.parallel(side, [&](int row) {
    for (int col = 0; col < side; ++col)
      judged[std::size_t(row * side + col)] = judge(mosaic, samples, sampler.classes(), col - radius, row - radius);
  });
  return judged;
}

// Quarter pixels around a whole shift: the survey is moved by the fraction, the image read at the whole part.
std::vector<Judged> judge_fractions(const PixelMosaic& mosaic, const SurveySampler& sampler, const Peak& centre,
                                    const Exec& exec) {
  const int side = 2 * kFineRadius + 1;
  std::vector<Judged> judged(std::size_t(side * side));
  exec.parallel(kSteps * kSteps, [&](int phase) {
    const int px = phase % kSteps;
    const int py = phase / kSteps;
    const auto samples = sampler.draw(double(px) / kSteps, double(py) / kSteps);
    for (int y = -kFineRadius; y <= kFineRadius; ++y)
      for (int x = -kFineRadius; x <= kFineRadius; ++x) {
        const int dx = floor_div(x - px, kSteps);
        const int dy = floor_div(y - py, kSteps);
        if (dx * kSteps + px != x || dy * kSteps + py != y) continue;
        judged[std::size_t((y + kFineRadius) * side + x + kFineRadius)] =
            judge(mosaic, samples, sampler.classes(), centre.x + dx, centre.y + dy);
      }
  });
  return judged;
}

// The top of the fine surface, or, for a half that peaks elsewhere, of the coarse one.
Point locate(const Surface& coarse, const Surface& fine, const Peak& centre) {
  const auto own = highest(coarse);
  if (!own) return {double(centre.x), double(centre.y)};
  if (std::max(std::abs(own->x - centre.x), std::abs(own->y - centre.y)) > 1) return refine(coarse, *own, 1);
  const auto top = highest(fine);
  if (!top) return refine(coarse, *own, 1);
  const Point p = refine(fine, *top, 2);
  return {centre.x + p.x / kSteps, centre.y + p.y / kSteps};
}

// The features of the split; where their blocks would not fit into memory, every second, fourth, … of each class.
Survey taking_part(const Survey& survey, Split split, int one_in) {
  Survey used;
  used.classes = survey.classes;
  std::map<std::uint16_t, int> seen;
  for (const Feature& f : survey.features)
    if ((split == Split::all || f.test == (split == Split::test)) && seen[f.class_id]++ % one_in == 0)
      used.features.push_back(f);
  return used;
}

std::vector<Window> blocks_near(const Survey& survey, const Grid& grid, int margin) {
  const int across = ceil_div(grid.width, kMosaicBlock);
  const int down = ceil_div(grid.height, kMosaicBlock);
  std::vector<bool> wanted(std::size_t(across) * std::size_t(down));
  for (const Feature& f : survey.features) {
    const Window near = intersect(grow(pixel_window(f, grid), margin), grid.window());
    for (int y = near.y / kMosaicBlock; !near.empty() && y <= (near.bottom() - 1) / kMosaicBlock; ++y)
      for (int x = near.x / kMosaicBlock; x <= (near.right() - 1) / kMosaicBlock; ++x)
        wanted[std::size_t(y) * std::size_t(across) + std::size_t(x)] = true;
  }
  std::vector<Window> blocks;
  for (int y = 0, k = 0; y < down; ++y)
    for (int x = 0; x < across; ++x, ++k)
      if (wanted[std::size_t(k)])
        blocks.push_back(intersect({x * kMosaicBlock, y * kMosaicBlock, kMosaicBlock, kMosaicBlock}, grid.window()));
  return blocks;
}

Survey covering(const Grid& grid) {
  Survey survey;
  const Point a = grid.to_map(0, 0), b = grid.to_map(grid.width, 0), c = grid.to_map(grid.width, grid.height),
              d = grid.to_map(0, grid.height);
  survey.features.push_back({"scene", 1, Shape::polygon, {{a, b, c, d}}, false});
  return survey;
}

std::size_t classes_in(const std::vector<SurveySample>& samples, int classes) {
  std::vector<bool> seen(std::size_t(classes), false);
  for (const SurveySample& s : samples) seen[std::size_t(s.group % classes)] = true;
  return std::size_t(std::count(seen.begin(), seen.end(), true));
}

}  // namespace

SurveyMatch::SurveyMatch(SurveyPtr survey, const ImageInfo& image, int max_shift_px, Split split, std::uint64_t seed)
    : image_(image), max_shift_px_(max_shift_px), seed_(seed) {
  const int margin = max_shift_px + kFineReach;
  if (!survey) {
    blocks_ = blocks_near(covering(image.grid), image.grid, 0);
    return;
  }
  const auto too_many = [&] {
    return std::int64_t(blocks_.size()) * kMosaicBlock * kMosaicBlock * (image.band_count() + 1) > kMostSamplesHeld;
  };
  for (int one_in = 1; one_in == 1 || (too_many() && one_in <= 1 << 20); one_in *= 2) {
    survey_ = taking_part(*survey, split, one_in);
    blocks_ = blocks_near(survey_, image.grid, margin);
  }
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
  const SurveySampler sampler(survey_, image_.grid, blocks_, seed_);
  const auto samples = sampler.draw(0, 0);
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
  const Surfaces fine = to_surfaces(judge_fractions(mosaic, sampler, *top, exec), kFineRadius, 1);
  for (std::size_t set = 0; set < kSets; ++set) estimate.shift[set] = locate(coarse[set], fine[set], *top);
  return estimate;
}

}  // namespace nadir
