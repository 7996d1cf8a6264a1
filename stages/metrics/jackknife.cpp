// Intervals over whole survey features.
#include "stages/metrics/jackknife.h"

#include <algorithm>
#include <cmath>

namespace nadir {
namespace {

constexpr double kNormal95 = 1.959963984540054;

void add(Confusion& to, const Confusion& from, std::int64_t sign) {
  for (std::size_t t = 0; t < to.size(); ++t)
    for (std::size_t m = 0; m < to.size(); ++m)
      if (from.count(t, m) != 0) to.add(t, m, sign * from.count(t, m));
}

using Rates = std::vector<double> (*)(const Confusion&);

std::vector<std::vector<double>> intervals_by_class(const std::vector<Confusion>& by_feature, Rates rates) {
  std::vector<std::vector<double>> rows(2);
  for (std::size_t k = 0; k < by_feature.front().size(); ++k) {
    const Interval i = jackknife_interval(by_feature, [&](const Confusion& c) { return rates(c)[k]; });
    rows[0].push_back(i.low);
    rows[1].push_back(i.high);
  }
  return rows;
}

}  // namespace

Interval jackknife_interval(const std::vector<Confusion>& by_feature,
                            const std::function<double(const Confusion&)>& figure, double low) {
  if (by_feature.size() < 2) return {low, 1};
  Confusion all(by_feature.front().classes());
  for (const Confusion& c : by_feature) add(all, c, 1);
  const double n = double(by_feature.size());
  std::vector<double> left_out;
  double mean = 0;
  for (const Confusion& c : by_feature) {
    add(all, c, -1);
    left_out.push_back(figure(all));
    mean += left_out.back() / n;
    add(all, c, 1);
  }
  double squares = 0;
  for (const double v : left_out) squares += (v - mean) * (v - mean);
  const double half = kNormal95 * std::sqrt((n - 1) / n * squares);
  const double centre = figure(all);
  return {std::max(low, centre - half), std::min(1.0, centre + half)};
}

void add_intervals(const std::vector<Confusion>& by_feature, Record& record) {
  if (by_feature.empty()) return;
  const auto pair = [](const Interval& i) { return std::vector<double>{i.low, i.high}; };
  record.set("kappa_95_by_feature", pair(jackknife_interval(by_feature, kappa, -1)));
  record.set("miou_95_by_feature", pair(jackknife_interval(by_feature, mean_iou)));
  record.set("precision_95_by_feature", intervals_by_class(by_feature, precision));
  record.set("recall_95_by_feature", intervals_by_class(by_feature, recall));
  record.set("f1_95_by_feature", intervals_by_class(by_feature, f1));
  record.set("iou_95_by_feature", intervals_by_class(by_feature, iou));
}

}  // namespace nadir
