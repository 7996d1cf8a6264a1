// The linear estimate of the fine image: what the observation says where the noise hides all structure.
#include "stages/super_resolution/linear_estimate.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "pipeline/backend/launch.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

constexpr int kEdge = 2 * LinearEstimate::kReach + 1;
constexpr int kTaps = kEdge * kEdge;
constexpr double kVariance = 170;
constexpr double kCorrelationPx = 30;

// Covariances by displacement, both axes in [-reach, reach].
class Covariances {
 public:
  explicit Covariances(int reach) : reach_(reach), values_(std::size_t(side()) * std::size_t(side())) {}
  int reach() const { return reach_; }
  double& at(int dy, int dx) { return values_[index(dy, dx)]; }
  double at(int dy, int dx) const { return values_[index(dy, dx)]; }

  template <class Value>
  void fill(Value value) {
    for (int dy = -reach_; dy <= reach_; ++dy)
      for (int dx = -reach_; dx <= reach_; ++dx) at(dy, dx) = value(dy, dx);
  }

 private:
  int side() const { return 2 * reach_ + 1; }
  std::size_t index(int dy, int dx) const {
    return std::size_t(dy + reach_) * std::size_t(side()) + std::size_t(dx + reach_);
  }

  int reach_;
  std::vector<double> values_;
};

// With the samples under the taps, displaced by sign (first + j), in the place of one of the samples.
Covariances under_taps(const Covariances& c, const Observation& o, int sign, int reach) {
  const int count = int(o.taps.size());
  Covariances across(c.reach());
  across.fill([&](int dy, int dx) {
    if (std::abs(dx) > reach) return 0.0;
    double sum = 0;
    for (int j = 0; j < count; ++j) sum += double(o.taps[std::size_t(j)]) * c.at(dy, dx + sign * (o.first + j));
    return sum;
  });
  Covariances out(reach);
  out.fill([&](int dy, int dx) {
    double sum = 0;
    for (int j = 0; j < count; ++j) sum += double(o.taps[std::size_t(j)]) * across.at(dy + sign * (o.first + j), dx);
    return sum;
  });
  return out;
}

// The lower Cholesky factor of a positive definite matrix, in place.
void factorise(std::vector<double>& a, int n) {
  const auto row = [&](int i) { return &a[std::size_t(i) * std::size_t(n)]; };
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) {
      double v = row(i)[j];
      for (int k = 0; k < j; ++k) v -= row(i)[k] * row(j)[k];
      row(i)[j] = i == j ? std::sqrt(v) : v / row(j)[j];
    }
}

// b := (L L')^-1 b
void solve(const std::vector<double>& l, int n, std::span<double> b) {
  const auto entry = [&](int i, int j) { return l[std::size_t(i) * std::size_t(n) + std::size_t(j)]; };
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < i; ++k) b[std::size_t(i)] -= entry(i, k) * b[std::size_t(k)];
    b[std::size_t(i)] /= entry(i, i);
  }
  for (int i = n - 1; i >= 0; --i) {
    for (int k = i + 1; k < n; ++k) b[std::size_t(i)] -= entry(k, i) * b[std::size_t(k)];
    b[std::size_t(i)] /= entry(i, i);
  }
}

double sum(std::span<const double> v) {
  double total = 0;
  for (const double x : v) total += x;
  return total;
}

struct WeightedSum {
  ConstTileView coarse;
  int band;
  TileView fine;
  const float* weights;
  int scale;

  void operator()(int, int x, int y) const {
    const int u = floor_div(x, scale) - LinearEstimate::kReach;
    const int v = floor_div(y, scale) - LinearEstimate::kReach;
    const int phase = (y - floor_div(y, scale) * scale) * scale + x - floor_div(x, scale) * scale;
    const float* w = weights + std::ptrdiff_t(phase) * kTaps;
    float total = 0;
    for (int j = 0; j < kEdge; ++j)
      for (int i = 0; i < kEdge; ++i) total += *w++ * coarse(band, u + i, v + j);
    fine(0, x, y) = total;
  }
};

}  // namespace

LinearEstimate::LinearEstimate(const Observation& o, double noise) : scale_(o.factor) {
  const int span = std::max(std::abs(o.first), std::abs(o.first + int(o.taps.size()) - 1));
  const int reach = 2 * kReach * scale_;
  Covariances image(reach + 2 * span);
  image.fill([](int dy, int dx) { return std::exp(-std::hypot(dy, dx) / kCorrelationPx); });
  const Covariances with_observed = under_taps(image, o, 1, reach + span);
  const Covariances observed = under_taps(with_observed, o, -1, reach);

  std::vector<double> matrix;
  for (int a = 0; a < kTaps; ++a)
    for (int b = 0; b < kTaps; ++b)
      matrix.push_back(observed.at(scale_ * (b / kEdge - a / kEdge), scale_ * (b % kEdge - a % kEdge)) +
                       (a == b ? noise * noise / kVariance : 0));
  factorise(matrix, kTaps);
  std::vector<double> ones(kTaps, 1);
  solve(matrix, kTaps, ones);
  for (int phase = 0; phase < scale_ * scale_; ++phase) {
    std::vector<double> w;
    for (int a = 0; a < kTaps; ++a)
      w.push_back(with_observed.at(scale_ * (a / kEdge - kReach) - phase / scale_,
                                   scale_ * (a % kEdge - kReach) - phase % scale_));
    solve(matrix, kTaps, w);
    const double missing = (1 - sum(w)) / sum(ones);  // weights that sum to 1 need no mean of the image
    for (int a = 0; a < kTaps; ++a) weights_.push_back(float(w[std::size_t(a)] + missing * ones[std::size_t(a)]));
  }
}

void LinearEstimate::apply(Exec& exec, ConstTileView coarse, int b, TileView fine) const {
  for_each_cpu(exec, 1, fine.window, WeightedSum{coarse, b, fine, weights_.data(), scale_});
}

void doubt_detail(Exec& exec, const Observation& observation, ConstTileView coarse, int b, float doubt, TileView x) {
  constexpr double kSigmaPx = 4;
  constexpr int kRadiusPx = 12;
  const Window fine = {0, 0, coarse.window.width * observation.factor, coarse.window.height * observation.factor};
  Tile padded(grow(coarse.window, LinearEstimate::kReach), coarse.bands);
  copy_pixels(coarse, padded.view(), coarse.window);
  mirror_edges(padded.view(), {coarse.window.width, coarse.window.height});
  Tile estimate(fine, 1);
  LinearEstimate(observation, 1.5 * double(doubt)).apply(exec, padded.view(), b, estimate.view());

  const TileView e = estimate.view();
  Tile squared(grow(fine, kRadiusPx), 1);
  squared.fill(0, true);
  for (int v = 0; v < fine.height; ++v)
    for (int u = 0; u < fine.width; ++u) {
      const float detail = x(b, u, v) - e(0, u, v);
      squared.view()(0, u, v) = detail * detail;
    }
  mirror_edges(squared.view(), {fine.width, fine.height});
  Tile energy(fine, 1);
  observe(exec, squared.view(), energy.view(),
          axis_taps({.factor = 1, .first = -kRadiusPx, .taps = gaussian_taps(kSigmaPx, kRadiusPx)}));
  for (int v = 0; v < fine.height; ++v)
    for (int u = 0; u < fine.width; ++u) {
      const float trust = energy.view()(0, u, v) / (energy.view()(0, u, v) + doubt * doubt);
      x(b, u, v) = e(0, u, v) + trust * (x(b, u, v) - e(0, u, v));
    }
}

}  // namespace nadir
