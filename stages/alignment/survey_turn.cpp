// The search for rotation and scale.
#include "stages/alignment/survey_turn.h"

#include <algorithm>
#include <numbers>

namespace nadir {
namespace {

constexpr double kMostTurn = 3 * std::numbers::pi / 180;
constexpr double kMostScale = 0.03;
constexpr double kFirstStepPx = 4;
constexpr double kLastStepPx = 0.25;
constexpr int kMostMoves = 24;  // of one size
constexpr double kLeastOverlap = 0.9;

// What the search moves, in steps that shift a typical sample by a pixel.
struct Steps {
  double radius;  ///< root mean square distance of the samples from their mean, px

  Placement moved(Placement p, int what, double px) const {
    if (what == 0) p.shift.x += px;
    if (what == 1) p.shift.y += px;
    if (what == 2) p.turn = std::clamp(p.turn + px / radius, -kMostTurn, kMostTurn);
    if (what == 3) p.scale = std::clamp(p.scale + px / radius, 1 - kMostScale, 1 + kMostScale);
    return p;
  }
};

Point mean_of(const std::vector<SurveySample>& samples, int per_pixel) {
  Point sum{};
  for (const SurveySample& s : samples) sum.x += s.x + 0.5, sum.y += s.y + 0.5;
  const double n = double(samples.size()) * per_pixel;
  return {sum.x / n - 0.5, sum.y / n - 0.5};
}

double radius_of(const std::vector<SurveySample>& samples, int per_pixel, const Point& mean) {
  double sum = 0;
  for (const SurveySample& s : samples) {
    const double x = (s.x + 0.5) / per_pixel - 0.5 - mean.x, y = (s.y + 0.5) / per_pixel - 0.5 - mean.y;
    sum += x * x + y * y;
  }
  return std::max(1.0, std::sqrt(sum / double(samples.size())));
}

}  // namespace

Placement find_turn(const PixelMosaic& mosaic, const std::vector<SurveySample>& samples, int per_pixel, int classes,
                    const Placement& start, const Exec& exec) {
  Placement best = start;
  best.centre = mean_of(samples, per_pixel);
  const Steps steps{radius_of(samples, per_pixel, best.centre)};
  const auto judged_at = [&](const Placement& p) {
    BlurredReader reader(mosaic, p, per_pixel);
    return judge(samples, mosaic.side(), classes, reader);
  };
  const Judged first = judged_at(best);
  const auto least = std::int64_t(kLeastOverlap * double(first.overlap));
  double score = first.score[0];
  for (double px = kFirstStepPx; px >= kLastStepPx; px /= 2)
    for (int move = 0; move < kMostMoves; ++move) {
      std::array<Judged, 8> around;
      exec.parallel(8, [&](int k) { around[std::size_t(k)] = judged_at(steps.moved(best, k / 2, k % 2 ? px : -px)); });
      int to = -1;
      for (int k = 0; k < 8; ++k) {
        const Judged& j = around[std::size_t(k)];
        if (j.overlap >= least && j.score[0] > score) score = j.score[0], to = k;
      }
      if (to < 0) break;
      best = steps.moved(best, to / 2, to % 2 ? px : -px);
    }
  return best;
}

}  // namespace nadir
