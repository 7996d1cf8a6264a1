// Hypotheses through minimal sets of points.
#include "stages/alignment/control_robust.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

constexpr std::uint64_t kMostSets = 2000;
constexpr std::uint64_t kMostDraws = 20 * kMostSets;  // of which some determine nothing

using Indices = std::array<std::size_t, 3>;

std::optional<std::array<double, 6>> through(const TiePoints& p, const Indices& k, std::size_t order) {
  const TiePoint& a = p[k[0]];
  if (order == 1) return std::array<double, 6>{a.moved.x, 0, 0, a.moved.y, 0, 0};
  const TiePoint& b = p[k[1]];
  if (order == 2) {
    // moved = t + (m - 1) z with complex places z: m from two points
    const double dx = b.at.x - a.at.x, dy = b.at.y - a.at.y, square = dx * dx + dy * dy;
    if (square < 1) return std::nullopt;
    const double u = b.moved.x - a.moved.x, v = b.moved.y - a.moved.y;
    const double c = (u * dx + v * dy) / square, s = (v * dx - u * dy) / square;
    return std::array<double, 6>{a.moved.x - c * a.at.x + s * a.at.y, c, -s, a.moved.y - s * a.at.x - c * a.at.y, s, c};
  }
  const TiePoint& q = p[k[2]];
  Eigen::Matrix3d m;
  m << 1, a.at.x, a.at.y, 1, b.at.x, b.at.y, 1, q.at.x, q.at.y;
  if (std::abs(m.determinant()) < 1) return std::nullopt;
  const Eigen::Matrix3d inverse = m.inverse();
  const Eigen::Vector3d x = inverse * Eigen::Vector3d(a.moved.x, b.moved.x, q.moved.x);
  const Eigen::Vector3d y = inverse * Eigen::Vector3d(a.moved.y, b.moved.y, q.moved.y);
  return std::array<double, 6>{x(0), x(1), x(2), y(0), y(1), y(2)};
}

double residual(const TiePoint& p, const std::array<double, 6>& s) {
  return std::hypot(p.moved.x - s[0] - s[1] * p.at.x - s[2] * p.at.y, p.moved.y - s[3] - s[4] * p.at.x - s[5] * p.at.y);
}

// The k-th of all ordered choices of points, where each set counts once, or a random one; nullopt when it is no set.
std::optional<Indices> set_of(std::uint64_t k, std::size_t n, std::size_t order, bool all) {
  Indices i{};
  for (std::size_t j = 0; j < order; ++j) {
    i[j] = std::size_t(all ? k % n : split_mix(3 * k + j) % n);
    k = all ? k / n : k;
  }
  for (std::size_t j = 1; j < order; ++j)
    for (std::size_t l = 0; l < j; ++l)
      if (all ? i[j] <= i[l] : i[j] == i[l]) return std::nullopt;
  return i;
}

// Choices of `order` of n points, in any order and with repetitions, and sets of them.
std::uint64_t choices_of(std::size_t n, std::size_t order) { return order == 1 ? n : n * choices_of(n, order - 1); }
std::uint64_t sets_of(std::size_t n, std::size_t order) {
  return order == 1 ? n : order == 2 ? n * (n - 1) / 2 : n * (n - 1) / 2 * (n - 2) / 3;
}

}  // namespace

std::optional<RobustShift> least_median(const TiePoints& points, std::size_t order) {
  const std::size_t n = points.size();
  const std::size_t kept = (n + order + 1) / 2;  // of n points these must agree
  const bool all = sets_of(n, order) <= kMostSets;
  const std::uint64_t draws = all ? choices_of(n, order) : kMostDraws;
  std::optional<RobustShift> best;
  std::vector<double> residuals(n);
  for (std::uint64_t k = 0, used = 0; k < draws && used < kMostSets; ++k) {
    const auto indices = set_of(k, n, order, all);
    const auto shift = indices ? through(points, *indices, order) : std::nullopt;
    if (!shift) continue;
    ++used;
    for (std::size_t i = 0; i < n; ++i) residuals[i] = residual(points[i], *shift);
    const auto middle = residuals.begin() + std::ptrdiff_t(std::min(kept, n) - 1);
    std::nth_element(residuals.begin(), middle, residuals.end());
    if (!best || *middle < best->scale) best = {*shift, *middle};
  }
  if (!best) return std::nullopt;
  // Rousseeuw's correction for few points; two thirds of a plane normal vector are about 1.2 sigma long.
  best->scale = best->scale / 1.1774 * (1 + 5.0 / double(std::max<std::size_t>(1, n - order)));
  return best;
}

}  // namespace nadir
