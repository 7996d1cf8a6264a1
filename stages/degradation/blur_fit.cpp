// The blur that explains a power spectrum.
#include "stages/degradation/blur_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace nadir {
namespace {

constexpr double kSigmaStep = 0.02;
constexpr int kSigmas = 96;  // from kNarrowest to kWidest
constexpr double kLeastExponent = 1;
constexpr double kExponentStep = 0.1;
constexpr int kExponents = 31;  // to 4
constexpr int kAliases = 9;     // the spectrum itself and its eight neighbours
// Of training scenes; an exponent off by one counts as a relative error of 4.5 % in every ring.
constexpr double kUsualExponent = 2.2;
constexpr double kExponentPenalty = 0.002;

double sigma_at(int i) { return BlurModel::kNarrowest + kSigmaStep * i; }
double exponent_at(int j) { return kLeastExponent + kExponentStep * j; }

// A frequency of the transform: its ring, and the squares of the frequencies that sampling folds onto it.
struct Frequency {
  int ring;
  double squares[kAliases];
};

// One octant; the others are its mirror images.
std::vector<Frequency> octant(int n) {
  const std::vector<int> rings = rings_of(n);
  std::vector<Frequency> found;
  for (int v = 0; v <= n / 2; ++v)
    for (int u = 0; u <= v; ++u) {
      const int ring = rings[std::size_t(v * n + u)];
      if (ring < 0) continue;
      Frequency f{ring, {}};
      int k = 0;
      for (const int a : {0, -1, 1})
        for (const int b : {0, -1, 1}) {
          const double fx = double(u) / n + a, fy = double(v) / n + b;
          f.squares[k++] = fx * fx + fy * fy;
        }
      found.push_back(f);
    }
  return found;
}

// Sums of a linear least squares problem with two unknowns: scene and noise, relative to the power seen.
struct Normal {
  double mm = 0, mn = 0, nn = 0, m = 0, n = 0;
  int rings = 0;
};

// Sum of squared relative errors at the best strength, with noise of at least `least`^2.
double solve(const Normal& s, double least, double& strength, double& noise) {
  const double determinant = s.mm * s.nn - s.mn * s.mn;
  noise = determinant > 0 ? (s.mm * s.n - s.mn * s.m) / determinant : 0;
  noise = std::max(noise, least);
  strength = s.mm > 0 ? std::max(0.0, (s.m - noise * s.mn) / s.mm) : 0;
  return s.rings - 2 * strength * s.m - 2 * noise * s.n + strength * strength * s.mm + 2 * strength * noise * s.mn +
         noise * noise * s.nn;
}

// The least of a parabola through three neighbours, in steps from the middle one.
double vertex(double before, double at, double after) {
  const double bend = before - 2 * at + after;
  return bend > 0 && std::isfinite(bend) ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
}

}  // namespace

BlurModel::BlurModel(int n) {
  const std::vector<Frequency> frequencies = octant(n);
  std::vector<int> counts(kFrequencyRings);
  for (const Frequency& f : frequencies) ++counts[std::size_t(f.ring)];
  std::vector<int> place(kFrequencyRings, -1);
  for (int r = 0; r < kFrequencyRings; ++r)
    if (counts[std::size_t(r)] > 0) {
      place[std::size_t(r)] = int(rings_.size());
      rings_.push_back(r);
    }
  mean_.resize(std::size_t{kSigmas} * kExponents * rings_.size());
  std::vector<double> scene(std::size_t{kAliases} * kExponents);  // f^-exponent of the aliases of one frequency
  for (const Frequency& f : frequencies) {
    const double share = 1.0 / counts[std::size_t(f.ring)];
    for (int k = 0; k < kAliases; ++k)
      for (int j = 0; j < kExponents; ++j)
        scene[std::size_t(k * kExponents + j)] = std::pow(f.squares[k], -0.5 * exponent_at(j)) * share;
    for (int i = 0; i < kSigmas; ++i)
      for (int k = 0; k < kAliases; ++k) {
        const double passed =
            std::exp(-4 * std::numbers::pi * std::numbers::pi * sigma_at(i) * sigma_at(i) * f.squares[k]);
        for (int j = 0; j < kExponents; ++j)
          mean_[std::size_t(i * kExponents + j) * rings_.size() + std::size_t(place[std::size_t(f.ring)])] +=
              passed * scene[std::size_t(k * kExponents + j)];
      }
  }
}

BlurFit BlurModel::fit(const RingPower& power, double least_noise) const {
  const int rings = int(rings_.size());
  std::vector<double> weight;
  for (const int r : rings_) weight.push_back(1 / power[std::size_t(r)]);
  std::vector<double> profile(kSigmas, std::numeric_limits<double>::infinity());
  BlurFit best;
  int best_i = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kSigmas; ++i)
    for (int j = 0; j < kExponents; ++j) {
      const double* mean = &mean_[std::size_t(i * kExponents + j) * std::size_t(rings)];
      Normal sums{.rings = rings};
      for (int r = 0; r < rings; ++r) {
        const double n = weight[std::size_t(r)], m = mean[r] * n;
        sums.mm += m * m, sums.mn += m * n, sums.nn += n * n, sums.m += m, sums.n += n;
      }
      double strength = 0, noise = 0;
      const double error = std::max(0.0, solve(sums, least_noise * least_noise, strength, noise)) / rings;
      const double off = exponent_at(j) - kUsualExponent;
      const double cost = error + kExponentPenalty * off * off;
      profile[std::size_t(i)] = std::min(profile[std::size_t(i)], cost);
      if (cost < least) {
        least = cost;
        best_i = i;
        best = {sigma_at(i), exponent_at(j), std::sqrt(noise), std::sqrt(error)};
      }
    }
  if (best_i > 0 && best_i + 1 < kSigmas)
    best.sigma_px += kSigmaStep * vertex(profile[std::size_t(best_i - 1)], profile[std::size_t(best_i)],
                                         profile[std::size_t(best_i + 1)]);
  return best;
}

}  // namespace nadir
