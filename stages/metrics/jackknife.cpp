// Intervals over whole survey features.
#include "stages/metrics/jackknife.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "stages/metrics/shares.h"

namespace nadir {
namespace {

using Totals = std::vector<ClassTotals>;

struct Rate {
  const char* field;
  double (*of)(const ClassTotals&);
};
constexpr std::array<Rate, 4> kRates{{{"precision_95_by_feature", precision},
                                      {"recall_95_by_feature", recall},
                                      {"f1_95_by_feature", f1},
                                      {"iou_95_by_feature", iou}}};

void add(Totals& totals, const Draw& draw, double sign) {
  for (const DrawCell& cell : draw) {
    const double pixels = sign * double(cell.pixels);
    totals[cell.truth].truth += pixels;
    totals[cell.mapped].mapped += pixels;
    if (cell.truth == cell.mapped) totals[cell.truth].right += pixels;
  }
}

std::vector<std::size_t> classes_of(const Draw& draw) {
  std::vector<std::size_t> classes;
  for (const DrawCell& cell : draw) classes.insert(classes.end(), {cell.truth, cell.mapped});
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

// What leaving out each of the draws changes.
struct Changes {
  std::vector<double> kappa, miou;
  std::vector<std::array<std::vector<double>, kRates.size()>> rates;  // by class, of the draws that it is in
};

Changes changes_without(const std::vector<Draw>& draws, const Totals& all) {
  Changes changes{{}, {}, {}};
  changes.rates.resize(all.size());
  const double whole_kappa = kappa(all), whole_miou = mean_iou(all);
  Totals rest = all;
  for (const Draw& draw : draws) {
    add(rest, draw, -1);
    changes.kappa.push_back(kappa(rest) - whole_kappa);
    changes.miou.push_back(mean_iou(rest) - whole_miou);
    for (const std::size_t k : classes_of(draw))
      for (std::size_t r = 0; r < kRates.size(); ++r)
        changes.rates[k][r].push_back(kRates[r].of(rest[k]) - kRates[r].of(all[k]));
    add(rest, draw, 1);  // pixels are whole numbers, so nothing is lost
  }
  return changes;
}

std::vector<double> pair(const Interval& i) { return {i.low, i.high}; }

}  // namespace

Interval jackknife_interval(double figure, const std::vector<double>& changes, std::size_t draws, double low) {
  if (draws < 2) return {low, 1};
  const double n = double(draws);
  double mean = 0;
  for (const double c : changes) mean += c / n;
  double squares = (n - double(changes.size())) * mean * mean;
  for (const double c : changes) squares += (c - mean) * (c - mean);
  const double half = kNormal95 * std::sqrt((n - 1) / n * squares);
  return {std::max(low, figure - half), std::min(1.0, figure + half)};
}

void add_intervals(const Confusion& all, const std::vector<Draw>& draws, Record& record) {
  if (draws.empty()) return;
  const Totals totals = totals_of(all);
  const Changes changes = changes_without(draws, totals);
  record.set("kappa_95_by_feature", pair(jackknife_interval(kappa(totals), changes.kappa, draws.size(), -1)));
  record.set("miou_95_by_feature", pair(jackknife_interval(mean_iou(totals), changes.miou, draws.size())));
  for (std::size_t r = 0; r < kRates.size(); ++r) {
    std::vector<std::vector<double>> rows(2);
    for (std::size_t k = 0; k < totals.size(); ++k) {
      const Interval i = jackknife_interval(kRates[r].of(totals[k]), changes.rates[k][r], draws.size());
      rows[0].push_back(i.low);
      rows[1].push_back(i.high);
    }
    record.set(kRates[r].field, rows);
  }
}

}  // namespace nadir
