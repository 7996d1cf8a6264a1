// Making of point spread functions.
#include "stages/degradation/psf.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

constexpr int kSubsamples = 16;  // a side, for the part of a pixel that a shape covers

// Weights by the part of each pixel's subsamples that are inside.
template <class Inside>
Spread covered(int reach, const Inside& inside) {
  std::vector<SpreadTap> taps;
  for (int dy = -reach; dy <= reach; ++dy)
    for (int dx = -reach; dx <= reach; ++dx) {
      int count = 0;
      for (int v = 0; v < kSubsamples; ++v)
        for (int u = 0; u < kSubsamples; ++u)
          count += inside(dx + (u + 0.5) / kSubsamples - 0.5, dy + (v + 0.5) / kSubsamples - 0.5);
      taps.push_back({dx, dy, float(count)});
    }
  return Spread(taps);
}

// Variance of a disk along one axis: r^2 / 4.
Spread disk(const PsfSpec& spec) {
  const double radius = spec.radius_px > 0 ? spec.radius_px : 2 * spec.sigma_px;
  if (radius < 0.5) return Spread({{0, 0, 1}});
  return covered(int(std::ceil(radius)), [radius](double x, double y) { return x * x + y * y <= radius * radius; });
}

// A line a pixel wide, sampled finely and shared between the four pixels about each point.
Spread motion(const PsfSpec& spec) {
  const double cosine = std::cos(spec.angle_deg * std::numbers::pi / 180);
  const double sine = std::sin(spec.angle_deg * std::numbers::pi / 180);
  const int reach = int(std::ceil(spec.length_px / 2)) + 1;
  const int side = 2 * reach + 1;
  std::vector<double> weights(std::size_t(side) * std::size_t(side));
  const int steps = 32 * int(std::ceil(spec.length_px));
  for (int i = 0; i < steps; ++i) {
    const double along = ((i + 0.5) / steps - 0.5) * (spec.length_px - 1);
    const double x = along * cosine, y = along * sine;
    const int left = int(std::floor(x)), top = int(std::floor(y));
    for (const int v : {0, 1})
      for (const int u : {0, 1})
        weights[std::size_t((top + v + reach) * side + left + u + reach)] +=
            (u ? x - left : 1 - (x - left)) * (v ? y - top : 1 - (y - top));
  }
  std::vector<SpreadTap> taps;
  for (int i = 0; i < side * side; ++i)
    taps.push_back({i % side - reach, i / side - reach, float(weights[std::size_t(i)] / steps)});
  return Spread(taps);
}

std::vector<std::vector<double>> read_matrix(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(Fault::config, "psf_path: cannot read '" + path + "'");
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(file, line);) {
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == ',' || c == ';'; }, ' ');
    std::istringstream words(line);
    std::vector<double> row;
    for (std::string word; words >> word;) {
      char* end = nullptr;
      row.push_back(std::strtod(word.c_str(), &end));
      if (*end || !std::isfinite(row.back()))
        throw Error(Fault::config, "psf_path: '" + word + "' in " + path + " is no number");
    }
    if (!row.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

// Convolution takes x(p - u) for the weight at u, so the matrix is turned by half a turn.
Spread measured(const std::string& path) {
  if (path.empty()) throw Error(Fault::config, "kind: measured needs a psf_path");
  const auto rows = read_matrix(path);
  const std::size_t width = rows.empty() ? 0 : rows[0].size();
  double sum = 0;
  std::vector<SpreadTap> taps;
  for (std::size_t j = 0; j < rows.size(); ++j) {
    if (rows[j].size() != width) throw Error(Fault::config, "psf_path: the rows of " + path + " differ in length");
    for (std::size_t i = 0; i < width; ++i) {
      taps.push_back({int(width / 2) - int(i), int(rows.size() / 2) - int(j), float(rows[j][i])});
      sum += rows[j][i];
    }
  }
  if (rows.size() % 2 == 0 || width % 2 == 0 || rows.size() > 127 || width > 127)
    throw Error(Fault::config, "psf_path: " + path + " has " + std::to_string(rows.size()) + " rows of " +
                                   std::to_string(width) + " weights; both must be odd and at most 127");
  if (!(sum > 0)) throw Error(Fault::config, "psf_path: the weights of " + path + " have no positive sum");
  return Spread(taps);
}

}  // namespace

double sigma_of_mtf(double mtf, double pitch_px) { return pitch_px / std::numbers::pi * std::sqrt(-2 * std::log(mtf)); }

std::vector<float> PointSpread::described() const {
  return spread ? gaussian_taps(std::sqrt(std::max(0.0, spread->variance())), 0) : axis;
}

PointSpread point_spread(const PsfSpec& spec) {
  switch (spec.kind) {
    case Psf::gaussian: return {gaussian_taps(spec.sigma_px, spec.radius_px), {}};
    case Psf::mtf: return {gaussian_taps(sigma_of_mtf(spec.mtf, spec.pitch_px), spec.radius_px), {}};
    case Psf::box: {
      // The variance of 2 r + 1 equal taps is ((2 r + 1)^2 - 1) / 12.
      const int like_sigma = int(std::lround((std::sqrt(12 * spec.sigma_px * spec.sigma_px + 1) - 1) / 2));
      return {box_taps(spec.radius_px > 0 ? spec.radius_px : std::min(63, like_sigma)), {}};
    }
    case Psf::disk: return {{}, disk(spec)};
    case Psf::motion: return {{}, motion(spec)};
    case Psf::measured: return {{}, measured(spec.psf_path)};
  }
  return {{1}, {}};
}

}  // namespace nadir
