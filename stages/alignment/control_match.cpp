// Fitting control points and saying what is wrong with those that do not fit.
#include "stages/alignment/control_match.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "stages/alignment/control_robust.h"

namespace nadir {
namespace {

constexpr double kClickError = 0.5;  // px; nobody points better
constexpr double kMostSigmas = 3;

std::string text(double v, const char* format) {
  char t[40];
  std::snprintf(t, sizeof t, format, v);
  return t;
}

TiePoint tie_from(const Point& map, const Point& pixel, const Grid& grid) {
  TiePoint t;
  t.at = grid.to_pixel(map.x, map.y);
  t.moved = {pixel.x - t.at.x, pixel.y - t.at.y};
  return t;
}

std::size_t order_for(TieModel model, std::size_t points) {
  if (model == TieModel::shift) return 1;
  if (model == TieModel::similarity) return points > 2 ? 2 : 1;
  return points >= 6 ? 3 : points >= 4 ? 2 : 1;
}

double off(const TiePoint& t, const Transform& transform) {
  const Point p = transform.source(t.at.x, t.at.y);
  return std::hypot(t.at.x + t.moved.x - p.x, t.at.y + t.moved.y - p.y);
}

// One rejected point: how far off, and whether exchanging coordinates would mend it.
std::string complaint(const ControlPoint& p, const TiePoint& t, const Grid& grid, const ModelFit& fit) {
  const double residual = off(t, fit.transform);
  std::string s = p.id + ": " + text(residual, "%.1f") + " px (" + text(residual * grid.gsd_x(), "%.1f") +
                  " map units) from where the other points put it";
  const double near = std::max(4 * fit.cutoff, 4 * kClickError);
  if (off(tie_from({p.map.y, p.map.x}, p.pixel, grid), fit.transform) < near)
    s += "; map x and y look swapped";
  else if (off(tie_from(p.map, {p.pixel.y, p.pixel.x}, grid), fit.transform) < near)
    s += "; pixel and line look swapped";
  return s;
}

// Of a lower order where the points determine no transform of this one; any point determines a shift.
RobustShift start_through(const TiePoints& ties, std::size_t& order) {
  for (;; --order)
    if (const auto start = least_median(ties, order)) return *start;
}

// Whether the pixels of the points go better with the places of their successors in the list.
void find_shifted_ids(const std::vector<ControlPoint>& points, const Grid& grid, TieModel model, double scale,
                      std::vector<std::string>& findings) {
  for (const int step : {1, -1, 2, -2}) {
    TiePoints moved;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::ptrdiff_t j = std::ptrdiff_t(i) + step;
      if (j >= 0 && j < std::ptrdiff_t(points.size()))
        moved.push_back(tie_from(points[std::size_t(j)].map, points[i].pixel, grid));
    }
    std::size_t order = order_for(model, moved.size());
    if (moved.size() < order + 3) continue;
    const double other = start_through(moved, order).scale;
    if (other > 0.1 * scale) continue;
    findings.push_back("ids look shifted: with the map coordinates of the point " + std::to_string(std::abs(step)) +
                       (step > 0 ? " further down" : " further up") + " the list the points fit to " +
                       text(other, "%.2f") + " px instead of " + text(scale, "%.1f") + " px");
    return;
  }
}

// Why a start of this order is the most that the points determine.
std::string where_they_lie(std::size_t order, TieModel model) {
  return std::string("the control points lie ") +
         (order == 1 ? "at one place, which determines a shift, not "
                     : "in a straight line, which determines a shift or a similarity, not ") +
         (model == TieModel::automatic ? "more" : name_of(model));
}

// What to choose from when the points determine less than their number promises.
std::span<const TieModel> candidates(std::size_t order, std::size_t promised) {
  static constexpr std::array rigid{TieModel::shift, TieModel::similarity};
  if (order == promised) return kModels;
  return std::span(rigid).first(order);
}

bool finite(const ControlPoint& p) {
  return std::isfinite(p.map.x) && std::isfinite(p.map.y) && std::isfinite(p.pixel.x) && std::isfinite(p.pixel.y);
}

}  // namespace

ControlEstimate match_control_points(const Survey& survey, const Grid& grid, TieModel model) {
  ControlEstimate e;
  e.findings = survey.warnings;
  std::vector<ControlPoint> points;
  for (const ControlPoint& p : survey.control_points) {
    if (finite(p))
      points.push_back(p);
    else
      e.rejected.push_back(p.id + ": has no pixel, or no place in the scene's reference system");
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    e.ties.push_back(tie_from(points[i].map, points[i].pixel, grid));
    e.ties.back().cell = int(i);
  }
  std::size_t order = order_for(model, points.size());
  const std::size_t least = model == TieModel::automatic ? order + 1 : std::max(order, least_points(model)) + 1;
  if (points.size() < least) {
    e.failure = "only " + std::to_string(points.size()) + " usable control points; at least " + std::to_string(least) +
                " are needed to find a transform and to know that it is right";
    return e;
  }
  const std::size_t promised = order;
  const RobustShift start = start_through(e.ties, order);
  if (order < promised && model != TieModel::automatic) {
    e.failure = where_they_lie(order, model) + "; choose model: auto, or points that are spread over the scene";
    return e;
  }
  if (order < promised) e.findings.push_back(where_they_lie(order, model));
  const double cutoff = kMostSigmas * std::max(kClickError, start.scale);
  std::size_t good = 0;
  for (TiePoint& t : e.ties) {
    const auto& s = start.shift;
    const double r =
        std::hypot(t.moved.x - s[0] - s[1] * t.at.x - s[2] * t.at.y, t.moved.y - s[3] - s[4] * t.at.x - s[5] * t.at.y);
    t.weight = r <= cutoff;
    good += t.weight > 0;
  }
  if (start.scale > 5 || good * 2 < points.size()) find_shifted_ids(points, grid, model, start.scale, e.findings);
  TiePoints used;
  for (const TiePoint& t : e.ties)
    if (t.weight > 0) used.push_back(t);
  const FitTask task{grid.size(), 1};
  e.fit = model == TieModel::automatic ? choose_model(used, task, &e.model_reason, candidates(order, promised))
                                       : fit_model(model, used, task, 0);
  // What was left out comes back when the final fit, which may bend, passes it by.
  const double tolerance = std::max({kMostSigmas * kClickError, e.fit.cutoff, kMostSigmas * start.scale});
  std::size_t inliers = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    TiePoint& t = e.ties[i];
    const Point p = e.fit.transform.source(t.at.x, t.at.y);
    t.residual = {t.at.x + t.moved.x - p.x, t.at.y + t.moved.y - p.y};
    t.weight = std::hypot(t.residual.x, t.residual.y) <= tolerance;
    inliers += t.weight > 0;
    if (t.weight <= 0) e.rejected.push_back(complaint(points[i], t, grid, e.fit));
    e.residuals.push_back({t.at.x, t.at.y, t.residual.x, t.residual.y, t.weight});
  }
  e.inlier_share = double(inliers) / double(survey.control_points.size());
  return e;
}

}  // namespace nadir
