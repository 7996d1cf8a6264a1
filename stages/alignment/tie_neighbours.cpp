// What tie points say about each other.
#include <algorithm>
#include <cmath>

#include "stages/alignment/median.h"
#include "stages/alignment/tie_model.h"

namespace nadir {
namespace {

constexpr std::size_t kNeighbours = 8;

// The nearest points of other cells.
std::vector<std::vector<std::size_t>> neighbours(const TiePoints& points) {
  std::vector<std::vector<std::size_t>> result(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t j = 0; j < points.size(); ++j) {
      if (points[j].cell == points[i].cell) continue;
      const double dx = points[j].at.x - points[i].at.x, dy = points[j].at.y - points[i].at.y;
      near.emplace_back(dx * dx + dy * dy, j);
    }
    const std::size_t count = std::min(kNeighbours, near.size());
    std::partial_sort(near.begin(), near.begin() + std::ptrdiff_t(count), near.end());
    for (std::size_t k = 0; k < count; ++k) result[i].push_back(near[k].second);
  }
  return result;
}

// How far each point moves from the median of its neighbours.
std::vector<double> strangeness(const TiePoints& points) {
  const auto near = neighbours(points);
  std::vector<double> result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<double> x, y;
    for (const std::size_t j : near[i]) x.push_back(points[j].moved.x), y.push_back(points[j].moved.y);
    result.push_back(std::hypot(points[i].moved.x - median(x), points[i].moved.y - median(y)));
  }
  return result;
}

// From the lower third of lengths, so that half of the points may be wrong; the median of eight neighbours is noisy
// itself.
double noise_from(const std::vector<double>& lengths) { return robust_sigma(lengths) / std::sqrt(1.2); }

}  // namespace

double robust_sigma(std::vector<double> lengths) {
  if (lengths.empty()) return 0;
  const auto place = lengths.begin() + std::ptrdiff_t(0.3 * double(lengths.size()));
  std::nth_element(lengths.begin(), place, lengths.end());
  return *place / 0.8446;
}

double neighbour_noise(const TiePoints& points) { return noise_from(strangeness(points)); }

void weigh_by_neighbours(TiePoints& points) {
  const std::vector<double> lengths = strangeness(points);
  const double most = std::max(1.0, 6 * noise_from(lengths));
  for (std::size_t i = 0; i < points.size(); ++i) points[i].weight = lengths[i] <= most ? 1 : 0;
}

double coherent_outliers(const TiePoints& points) {
  const double alike = std::max(0.5, 4 * neighbour_noise(points));
  const auto near = neighbours(points);
  std::size_t coherent = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].weight > 0) continue;
    const auto agreeing = std::count_if(near[i].begin(), near[i].end(), [&](std::size_t j) {
      return std::hypot(points[j].moved.x - points[i].moved.x, points[j].moved.y - points[i].moved.y) < alike;
    });
    coherent += std::size_t(agreeing) * 2 >= kNeighbours;
  }
  return points.empty() ? 0 : double(coherent) / double(points.size());
}

}  // namespace nadir
