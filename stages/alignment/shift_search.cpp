// Peaks of score surfaces.
#include "stages/alignment/shift_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stages/alignment/median.h"

namespace nadir {
namespace {

std::vector<double> known_scores(const Surface& s) {
  std::vector<double> known;
  std::copy_if(s.scores().begin(), s.scores().end(), std::back_inserter(known),
               [](double v) { return !std::isnan(v); });
  return known;
}

bool is_local_maximum(const Surface& s, int x, int y) {
  for (int j = std::max(-s.radius(), y - 1); j <= std::min(s.radius(), y + 1); ++j)
    for (int i = std::max(-s.radius(), x - 1); i <= std::min(s.radius(), x + 1); ++i)
      if (s.at(i, j) > s.at(x, y)) return false;
  return !std::isnan(s.at(x, y));
}

}  // namespace

std::optional<Peak> highest(const Surface& s) {
  std::optional<Peak> best;
  double lowest = std::numeric_limits<double>::infinity();
  for (int y = -s.radius(); y <= s.radius(); ++y)
    for (int x = -s.radius(); x <= s.radius(); ++x) {
      if (std::isnan(s.at(x, y))) continue;
      lowest = std::min(lowest, s.at(x, y));
      if (!best || s.at(x, y) > best->score) best = Peak{x, y, s.at(x, y)};
    }
  if (best && best->score <= lowest) best.reset();
  return best;
}

double second_highest(const Surface& s, const Peak& peak) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (int y = -s.radius(); y <= s.radius(); ++y)
    for (int x = -s.radius(); x <= s.radius(); ++x)
      if (std::hypot(x - peak.x, y - peak.y) > 2 && is_local_maximum(s, x, y) && !(s.at(x, y) <= best))
        best = s.at(x, y);
  return best;
}

double median_score(const Surface& s) {
  const std::vector<double> known = known_scores(s);
  return known.empty() ? std::numeric_limits<double>::quiet_NaN() : median(known);
}

double robust_z(const Surface& s, const Peak& peak) {
  std::vector<double> known = known_scores(s);
  const double middle = median(known);
  for (double& v : known) v = std::abs(v - middle);
  const double deviation = 1.4826 * median(known);
  return deviation > 0 ? (peak.score - middle) / deviation : 0;
}

Point refine(const Surface& s, const Peak& peak, int reach) {
  const Point whole{double(peak.x), double(peak.y)};
  if (std::max(std::abs(peak.x), std::abs(peak.y)) + reach > s.radius()) return whole;
  const double n = 2 * reach + 1;
  double m2 = 0, m4 = 0;
  for (int i = -reach; i <= reach; ++i) m2 += i * i, m4 += double(i * i) * (i * i);
  const double mean = m2 / n;
  // Least squares on a symmetric lattice: 1, x, y, xy and the centred squares are orthogonal.
  double bx = 0, by = 0, bxy = 0, bxx = 0, byy = 0;
  for (int j = -reach; j <= reach; ++j)
    for (int i = -reach; i <= reach; ++i) {
      const double v = s.at(peak.x + i, peak.y + j);
      bx += i * v, by += j * v, bxy += i * j * v;
      bxx += (i * i - mean) * v, byy += (j * j - mean) * v;
    }
  bx /= n * m2, by /= n * m2, bxy /= m2 * m2;
  bxx /= n * (m4 - n * mean * mean), byy /= n * (m4 - n * mean * mean);
  const double det = 4 * bxx * byy - bxy * bxy;
  if (!(det > 0) || !(bxx < 0)) return whole;  // NaN scores end here too
  const double dx = (bxy * by - 2 * byy * bx) / det;
  const double dy = (bxy * bx - 2 * bxx * by) / det;
  return {whole.x + std::clamp(dx, -double(reach), double(reach)),
          whole.y + std::clamp(dy, -double(reach), double(reach))};
}

std::vector<Surface> to_surfaces(const std::vector<Judged>& judged, int radius, std::int64_t least) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<Surface> surfaces(kSets, Surface(radius));
  for (int y = -radius, k = 0; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x, ++k)
      for (std::size_t set = 0; set < kSets; ++set) {
        const Judged& j = judged[std::size_t(k)];
        surfaces[set].at(x, y) = j.overlap >= least ? j.score[set] : unknown;
      }
  return surfaces;
}

double standard_error(const ShiftEstimate& e) {
  double sum = 0;
  for (int set = 1; set < kSets; ++set) {
    const double dx = e.shift[std::size_t(set)].x - e.shift[0].x;
    const double dy = e.shift[std::size_t(set)].y - e.shift[0].y;
    sum += dx * dx + dy * dy;
  }
  return std::sqrt((kFolds - 1.0) / kFolds * sum / 2);
}

double confidence(double sigma) { return sigma > 0 ? 1 - std::exp(-0.5 / (sigma * sigma)) : 1; }

}  // namespace nadir
