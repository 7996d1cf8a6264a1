// Judging and describing tie points.
#include "stages/alignment/grid_verdict.h"

#include <cmath>
#include <cstdio>
#include <numbers>

#include "stages/alignment/shift_search.h"

namespace nadir {
namespace {

constexpr double kLeastInliers = 0.3;
constexpr double kMostRivals = 0.07;
constexpr double kMostCoherent = 0.15;
constexpr double kLeastAgreeing = 0.6;  // of control points, which are few and dear

std::string number(double v, const char* format = "%.2f") {
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

std::string percent(double share) { return number(100 * share, "%.0f") + " %"; }

// What rejected tie points say beside the transform: how far they lie from it.
std::string misfit(const GridEstimate& e) {
  double sum = 0, count = 0;
  for (const TiePoint& t : e.ties)
    if (t.weight <= 0) sum += t.residual.x * t.residual.x + t.residual.y * t.residual.y, ++count;
  return number(count > 0 ? std::sqrt(sum / count) : 0) + " px rms";
}

// Standard error of the transform along an axis, px, with what another method makes of it.
double uncertainty(const GridEstimate& e) { return std::hypot(e.fit.uncertainty, e.phase.disagreement()); }

std::string why_uncertain(const ModelFit& fit, const VerdictLimits& limits) {
  if (fit.held_out_rmse > limits.max_residual_px)
    return "held-out points are off by " + number(fit.held_out_rmse) +
           " px rms, more than max_residual_px = " + number(limits.max_residual_px);
  if (confidence(fit.uncertainty) < limits.min_confidence)
    return "parts of the points disagree: the transform is uncertain by " + number(fit.uncertainty) +
           " px, so the probability that it is right to within a pixel is below min_confidence";
  return {};
}

// What is said of any fitted transform: the shift at the centre, how certain it is.
void record_fit(const ModelFit& fit, const Grid& grid, Record& facts) {
  const Point middle{grid.width / 2.0, grid.height / 2.0};
  const Point source = fit.transform.source(middle.x, middle.y);
  const Point from = grid.to_map(source.x, source.y), to = grid.to_map(middle.x, middle.y);
  facts.set("model", std::string(name_of(fit.model)));
  facts.set("shift_px", std::vector<double>{source.x - middle.x, source.y - middle.y});
  facts.set("shift_map", std::vector<double>{to.x - from.x, to.y - from.y});
  facts.set("rms_shift_px", displacement(fit.transform, grid.size()));
  facts.set("standard_error_px", fit.uncertainty);
  facts.set("standard_error_map", fit.uncertainty * grid.gsd_x());
  facts.set("confidence", confidence(fit.uncertainty));
  facts.set("residual_px", fit.scale);
  facts.set("held_out_rmse_px", fit.held_out_rmse);
}

}  // namespace

std::string why_unreliable(const GridEstimate& e, const VerdictLimits& limits) {
  if (!e.failure.empty()) return e.failure;
  if (e.same_pixels)
    return "the reference holds the same pixels as the image; name another image, for instance with --set "
           "reference.path=FILE";
  if (e.rival_share > kMostRivals)
    return percent(e.rival_share) + " of the windows lie clearly elsewhere than the " +
           std::to_string(e.consensus.supporters) +
           " that agree: relief, clouds or moved objects, of which no transform tells which is the ground";
  if (e.coherent_share > kMostCoherent)
    return percent(e.coherent_share) + " of the tie points are displaced together with their neighbours, yet by " +
           misfit(e) + " otherwise than the " + name_of(e.fit.model) +
           " says: relief, clouds or moved objects that no such transform follows";
  if (e.inlier_share < kLeastInliers)
    return "only " + percent(e.inlier_share) + " of the tie points fit one " + name_of(e.fit.model) +
           ", the others are off by " + misfit(e);
  const std::string reason = why_uncertain(e.fit, limits);
  if (reason.empty() && confidence(uncertainty(e)) < limits.min_confidence)
    return "methods disagree: phase correlation of the same windows sees the image " + number(e.phase.offset.x) + ", " +
           number(e.phase.offset.y) + " px beside this " + name_of(e.fit.model) +
           ", so the probability that it is right to within a pixel is below min_confidence";
  return reason;
}

std::string why_unreliable(const ControlEstimate& e, const VerdictLimits& limits) {
  if (!e.failure.empty()) return e.failure;
  if (e.inlier_share < kLeastAgreeing)
    return "only " + percent(e.inlier_share) + " of the control points agree, see rejected and findings";
  return why_uncertain(e.fit, limits);
}

double displacement(const Transform& t, Size area) {
  double sum = 0, count = 0;
  for (int y = 1; y < 16; y += 2)
    for (int x = 1; x < 16; x += 2) {
      const Point p{area.width * x / 16.0, area.height * y / 16.0};
      const Point q = t.source(p.x, p.y);
      sum += (q.x - p.x) * (q.x - p.x) + (q.y - p.y) * (q.y - p.y), ++count;
    }
  return std::sqrt(sum / count);
}

bool moves(const ModelFit& fit, Size area) { return displacement(fit.transform, area) > 2.45 * fit.uncertainty; }

void record(const GridEstimate& e, const Grid& grid, Record& facts) {
  facts.set("windows", std::int64_t(e.windows));
  facts.set("tie_points", std::int64_t(e.ties.size()));
  facts.set("consensus", std::int64_t(e.consensus.supporters));
  facts.set("consensus_by_chance", e.consensus.by_chance);
  if (!e.failure.empty()) return;
  record_fit(e.fit, grid, facts);
  facts.set("confidence", confidence(uncertainty(e)));
  facts.set("phase_windows", std::int64_t(e.phase.windows));
  facts.set("phase_z_score", e.phase.z_score);
  facts.set("phase_is_clear", e.phase.clear);
  if (e.phase.clear) facts.set("phase_offset_px", std::vector<double>{e.phase.offset.x, e.phase.offset.y});
  if (!e.model_reason.empty()) facts.set("model_reason", e.model_reason);
  facts.set("inlier_share", e.inlier_share);
  facts.set("found_share", e.found_share);
  facts.set("coherent_outlier_share", e.coherent_share);
  facts.set("rival_share", e.rival_share);
  double score = 0, ratio = 0;
  for (const TiePoint& t : e.ties) score += t.score, ratio += t.score > 0 ? t.second / t.score : 0;
  facts.set("mean_correlation", score / double(e.ties.size()));
  facts.set("mean_second_to_first_peak", ratio / double(e.ties.size()));
  std::vector<std::vector<double>> bands;
  std::vector<double> inconsistent;
  for (const BandAgreement& a : e.bands) {
    bands.push_back({a.band + 1.0, double(a.matched), a.inlier_share, a.offset.x, a.offset.y});
    if (!a.consistent) inconsistent.push_back(a.band + 1.0);
  }
  facts.set("band_tie_points_inlier_share_offset_px", bands);
  if (inconsistent.empty()) return;
  facts.set("inconsistent_bands", inconsistent);
  facts.set("warning", std::string("bands that disagree with the others were left out, see inconsistent_bands"));
}

void record(const ControlEstimate& e, const Grid& grid, Record& facts) {
  facts.set("control_points", std::int64_t(e.ties.size()));
  if (!e.findings.empty()) facts.set("findings", e.findings);
  if (!e.rejected.empty()) facts.set("rejected", e.rejected);
  if (!e.failure.empty()) return;
  record_fit(e.fit, grid, facts);
  if (!e.model_reason.empty()) facts.set("model_reason", e.model_reason);
  facts.set("inlier_share", e.inlier_share);
  facts.set("points_col_row_residual_px_weight", e.residuals);
}

void record(const ShiftEstimate& e, const Grid& grid, Record& facts) {
  if (e.failure.empty()) {
    const double dx = e.shift[0].x, dy = e.shift[0].y;
    const auto& g = grid.geotransform;
    facts.set("shift_px", std::vector<double>{dx, dy});
    facts.set("shift_map", std::vector<double>{-(g[1] * dx + g[2] * dy), -(g[4] * dx + g[5] * dy)});
    if (e.turn != 0 || e.scale != 1) {
      facts.set("turn_degrees", e.turn * 180 / std::numbers::pi);
      facts.set("scale", e.scale);
    }
    facts.set("standard_error_px", standard_error(e));
    facts.set("standard_error_map", standard_error(e) * grid.gsd_x());
    facts.set("confidence", confidence(standard_error(e)));
    facts.set("peak", e.peak);
    if (std::isfinite(e.second_peak)) facts.set("second_peak", e.second_peak);
    facts.set("z_score", e.z_score);
  }
  facts.set("samples", e.samples);
}

}  // namespace nadir
