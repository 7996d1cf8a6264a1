// From matches to a transform, and what bands make of it.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "stages/alignment/grid_match.h"

namespace nadir {
namespace {

constexpr std::size_t kLeastTies = 8;
constexpr int kFineRadius = 6;  // px around the consensus
// Standard deviations that a peak must exceed: among all shifts one by chance must be rare; near the consensus even
// weak peaks are right more often than not, and what is not is found by its neighbours.
constexpr double kCoarseSignificance = 3.2;
constexpr double kFineSignificance = 1.6;
constexpr double kAsAlike = 0.6;  // of the median correlation of the supporters
constexpr double kAlone = 0.5;    // of the best correlation
constexpr std::ptrdiff_t kLeastRivals = 6;
constexpr double kElsewhere = 3;        // px from the consensus
constexpr double kMostSkew = 0.15;      // px, above which windows are matched again through the transform
constexpr double kSaysLittle = 0.6;     // of the best band's inlier share, below which a band is inconsistent
constexpr double kMostBandShift = 0.1;  // px

// Standard deviation of the correlation of features that have nothing in common: one independent value in 18 px, two
// components each, and 4/9 of the window's area under the Hann window.
double noise_of_correlation(int window) { return 1 / std::sqrt(2 * (4.0 / 9) * window * window / 18); }

// By how much a transform moves the edge of a window otherwise than its middle, px; the largest over the area.
double skew(const Transform& t, Size area, int window) {
  double most = 0;
  for (int y = 0; y <= 8; ++y)
    for (int x = 0; x <= 8; ++x) {
      const Point p{area.width * x / 8.0, area.height * y / 8.0};
      const Point q = t.source(p.x, p.y);
      for (const Point& step : {Point{window / 2.0, 0}, Point{0, window / 2.0}}) {
        const Point r = t.source(p.x + step.x, p.y + step.y);
        most = std::max(most, std::hypot(r.x - q.x - step.x, r.y - q.y - step.y));
      }
    }
  return most;
}

void keep_weights(TiePoints& ties, const ModelFit& fit) {
  for (std::size_t i = 0; i < ties.size(); ++i) ties[i].weight = fit.weights[i], ties[i].residual = fit.residuals[i];
}

// Whether the reference is the image itself: all windows hold the same bits. NaN, the mark of invalid samples, equals
// nothing, so bits are compared.
bool same_pixels(const std::vector<std::unique_ptr<Evidence>>& evidence, int radius) {
  for (const auto& windows : evidence) {
    const auto& e = static_cast<const TieEvidence&>(*windows);
    for (std::size_t b = 0; b < e.reference.size(); ++b) {
      const Samples& r = e.reference[b];
      if (r.values.empty()) continue;
      const Samples i = cut(e.image[b], radius, radius, r.width, r.height);
      if (std::memcmp(i.values.data(), r.values.data(), i.values.size() * sizeof(float)) != 0) return false;
    }
  }
  return true;
}

// Share of the tie points over all shifts that say something else than the consensus, yet clearly: about as alike as
// those that support it, and without a second place that is half as good. Changed fields have neither.
double rivals(const TiePoints& coarse, const AffineShift& shift) {
  const auto supports = [&](const TiePoint& t) {
    const Point p = at(shift, t.at);
    return std::hypot(t.moved.x - p.x, t.moved.y - p.y) <= kElsewhere;
  };
  std::vector<double> scores;
  for (const TiePoint& t : coarse)
    if (supports(t)) scores.push_back(t.score);
  if (scores.empty()) return 0;
  const auto middle = scores.begin() + std::ptrdiff_t(scores.size() / 2);
  std::nth_element(scores.begin(), middle, scores.end());
  const auto clear = std::count_if(coarse.begin(), coarse.end(), [&](const TiePoint& t) {
    return !supports(t) && t.score >= kAsAlike * *middle && t.second < kAlone * t.score;
  });
  return clear < kLeastRivals ? 0 : double(clear) / double(coarse.size());
}

BandAgreement agreement_of(const TiePoints& ties, int band) {
  BandAgreement a;
  a.band = band;
  double inliers = 0, squares = 0;
  for (const TiePoint& t : ties) {
    if (t.band != band) continue;
    ++a.matched;
    if (t.weight <= 0) continue;
    ++inliers;
    a.offset = {a.offset.x + t.residual.x, a.offset.y + t.residual.y};
    squares += t.residual.x * t.residual.x + t.residual.y * t.residual.y;
  }
  if (inliers < 1) return a;
  a.inlier_share = inliers / double(a.matched);
  a.offset = {a.offset.x / inliers, a.offset.y / inliers};
  const double error = std::sqrt(squares / 2 / inliers / inliers);  // of the mean, along an axis
  a.consistent = std::hypot(a.offset.x, a.offset.y) <= std::max(kMostBandShift, 3 * error);
  return a;
}

}  // namespace

GridEstimate GridMatch::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  GridEstimate e;
  e.windows = evidence.size();
  e.same_pixels = same_pixels(evidence, options_.max_shift_px);
  const double noise = noise_of_correlation(options_.window_px);
  const TiePoints coarse =
      match(evidence, coarse_cells(), {}, options_.max_shift_px, kCoarseSignificance * noise, exec);
  for (const auto& windows : evidence) e.usable += static_cast<const TieEvidence&>(*windows).usable;
  if (coarse.empty()) {
    e.failure = e.usable == 0 ? "no window has enough valid pixels of both image and reference: nothing valid overlaps"
                              : "no window of the reference was found in the image: one of them is flat, or they have "
                                "nothing in common";
    return e;
  }
  e.consensus = find_consensus(coarse, options_.max_shift_px);
  if (e.consensus.supporters < std::max<std::size_t>(kLeastTies, std::size_t(3 * e.consensus.by_chance))) {
    e.failure = "only " + std::to_string(e.consensus.supporters) + " of " + std::to_string(coarse.size()) +
                " windows agree on where the image lies, about as many as by chance";
    e.ties = coarse;
    return e;
  }
  e.rival_share = rivals(coarse, e.consensus.shift);
  std::vector<int> all(evidence.size());
  std::iota(all.begin(), all.end(), 0);
  const int radius = std::min(options_.max_shift_px, kFineRadius + int(e.consensus.spread));
  e.ties = match(evidence, all, e.consensus.shift, radius, kFineSignificance * noise, exec);
  fit(e);
  if (e.failure.empty() && skew(e.fit.transform, image_.grid.size(), options_.window_px) > kMostSkew) {
    e.ties = match_again(evidence, e.ties, e.fit.transform, exec);
    e.bands.clear();
    fit(e);
  }
  if (e.failure.empty()) e.phase = check(evidence, e, exec);
  return e;
}

void GridMatch::fit(GridEstimate& e) const {
  // Windows that overlap share their errors.
  const FitTask task{image_.grid.size(),
                     std::max(1.0, spacing_ < options_.window_px ? 1.5 * options_.window_px : 0.5 * spacing_)};
  const auto fit_all = [&] {
    weigh_by_neighbours(e.ties);
    e.fit = options_.model == TieModel::automatic ? choose_model(e.ties, task, &e.model_reason)
                                                  : fit_model(options_.model, e.ties, task, 0);
    keep_weights(e.ties, e.fit);
  };
  if (e.ties.size() < std::max(kLeastTies, 2 * least_points(options_.model))) {
    e.failure = "only " + std::to_string(e.ties.size()) + " tie points were found";
    return;
  }
  fit_all();
  for (int b = 0; b < bands_; ++b) e.bands.push_back(agreement_of(e.ties, b));
  double best = 0;
  for (const BandAgreement& a : e.bands) best = std::max(best, a.inlier_share * double(a.matched));
  bool all_agree = true;
  for (BandAgreement& a : e.bands) {
    a.consistent = a.consistent && a.inlier_share * double(a.matched) >= kSaysLittle * best;
    all_agree = all_agree && a.consistent;
  }
  if (!all_agree) {
    TiePoints kept;
    for (const TiePoint& t : e.ties)
      if (e.bands[std::size_t(t.band)].consistent) kept.push_back(t);
    if (kept.size() >= 2 * kLeastTies) {
      e.ties = std::move(kept);
      fit_all();
    }
  }
  std::size_t inliers = 0, usable = e.usable;
  for (const BandAgreement& a : e.bands) usable -= a.consistent ? 0 : e.usable / std::size_t(bands_);
  for (const TiePoint& t : e.ties) inliers += t.weight > 0;
  e.inlier_share = double(inliers) / double(e.ties.size());
  e.found_share = usable == 0 ? 0 : double(inliers) / double(usable);
  e.coherent_share = coherent_outliers(e.ties);
}

}  // namespace nadir
