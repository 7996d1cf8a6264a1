// Voting by tie points.
#include "stages/alignment/tie_consensus.h"

#include <Eigen/Dense>
#include <cmath>
#include <numbers>
#include <optional>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

constexpr double kNearTranslation = 5;  // px: what a few per cent of scale or rotation do within a scene
constexpr double kNearAffine = 2;       // px
constexpr double kSampledWithin = 15;   // px of the best translation
constexpr double kMostSlope = 0.05;
constexpr int kDraws = 600;

double squared(const Point& a, const Point& b) { return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y); }

double score_of(const TiePoints& points, const AffineShift& shift, double near) {
  double score = 0;
  for (const TiePoint& p : points) score += std::max(0.0, 1 - squared(p.moved, at(shift, p.at)) / (near * near));
  return score;
}

AffineShift best_translation(const TiePoints& points) {
  AffineShift best{};
  double most = -1;
  for (const TiePoint& p : points) {
    const AffineShift shift{p.moved.x, 0, 0, p.moved.y, 0, 0};
    const double score = score_of(points, shift, kNearTranslation);
    if (score > most) most = score, best = shift;
  }
  return best;
}

std::optional<AffineShift> through(const TiePoint& a, const TiePoint& b, const TiePoint& c) {
  Eigen::Matrix3d m;
  m << 1, a.at.x, a.at.y, 1, b.at.x, b.at.y, 1, c.at.x, c.at.y;
  if (std::abs(m.determinant()) < 1000) return std::nullopt;  // twice the triangle's area, px²
  const Eigen::Matrix3d inverse = m.inverse();
  const Eigen::Vector3d x = inverse * Eigen::Vector3d(a.moved.x, b.moved.x, c.moved.x);
  const Eigen::Vector3d y = inverse * Eigen::Vector3d(a.moved.y, b.moved.y, c.moved.y);
  for (const double slope : {x(1), x(2), y(1), y(2)})
    if (!(std::abs(slope) <= kMostSlope)) return std::nullopt;
  return AffineShift{x(0), x(1), x(2), y(0), y(1), y(2)};
}

AffineShift best_affine(const TiePoints& points, const AffineShift& translation) {
  std::vector<std::size_t> near;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (squared(points[i].moved, at(translation, points[i].at)) < kSampledWithin * kSampledWithin) near.push_back(i);
  AffineShift best = translation;
  double most = 1.1 * score_of(points, translation, kNearAffine);  // simpler is likelier
  for (std::uint64_t draw = 0; draw < kDraws && near.size() >= 3; ++draw) {
    const auto pick = [&](std::uint64_t k) -> const TiePoint& {
      return points[near[split_mix(3 * draw + k) % near.size()]];
    };
    const auto shift = through(pick(0), pick(1), pick(2));
    if (!shift) continue;
    const double score = score_of(points, *shift, kNearAffine);
    if (score > most) most = score, best = *shift;
  }
  return best;
}

}  // namespace

Point at(const AffineShift& s, const Point& p) {
  return {s[0] + s[1] * p.x + s[2] * p.y, s[3] + s[4] * p.x + s[5] * p.y};
}

Consensus find_consensus(const TiePoints& points, int radius) {
  Consensus c;
  c.voters = points.size();
  if (points.empty()) return c;
  c.shift = best_affine(points, best_translation(points));
  double sum = 0;
  for (const TiePoint& p : points) {
    const double distance = squared(p.moved, at(c.shift, p.at));
    if (distance > kNearAffine * kNearAffine) continue;
    sum += distance;
    ++c.supporters;
  }
  c.spread = c.supporters > 0 ? std::sqrt(sum / double(c.supporters)) : 0;
  const double side = 2.0 * radius + 1;
  c.by_chance = double(points.size()) * std::min(1.0, std::numbers::pi * kNearAffine * kNearAffine / (side * side));
  return c;
}

}  // namespace nadir
