// Rates of confusion matrices.
#include "stages/metrics/confusion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stages/metrics/shares.h"

namespace nadir {
namespace {

std::vector<double> each_of(const Confusion& c, double (*figure)(const ClassTotals&)) {
  std::vector<double> figures;
  for (const ClassTotals& t : totals_of(c)) figures.push_back(figure(t));
  return figures;
}

std::vector<double> true_totals(const Confusion& c) {
  return each_of(c, [](const ClassTotals& t) { return t.truth; });
}

std::vector<double> mapped_totals(const Confusion& c) {
  return each_of(c, [](const ClassTotals& t) { return t.mapped; });
}

}  // namespace

Confusion::Confusion(std::vector<std::string> classes)
    : classes_(std::move(classes)), counts_(classes_.size() * classes_.size()), unclassified_(classes_.size()) {}

std::int64_t Confusion::samples() const { return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}); }

std::int64_t Confusion::correct() const {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < size(); ++k) sum += count(k, k);
  return sum;
}

double overall_accuracy(const Confusion& c) { return ratio(double(c.correct()), double(c.samples())); }

std::vector<ClassTotals> totals_of(const Confusion& c) {
  std::vector<ClassTotals> totals(c.size());
  for (std::size_t t = 0; t < c.size(); ++t)
    for (std::size_t m = 0; m < c.size(); ++m) {
      const double pixels = double(c.count(t, m));
      totals[t].truth += pixels;
      totals[m].mapped += pixels;
      if (t == m) totals[t].right = pixels;
    }
  return totals;
}

double recall(const ClassTotals& t) { return ratio(t.right, t.truth); }
double precision(const ClassTotals& t) { return ratio(t.right, t.mapped); }
double f1(const ClassTotals& t) { return ratio(2 * t.right, t.truth + t.mapped); }
double iou(const ClassTotals& t) { return ratio(t.right, t.truth + t.mapped - t.right); }

double kappa(const std::vector<ClassTotals>& classes) {
  double samples = 0, right = 0, chance = 0;
  for (const ClassTotals& t : classes) samples += t.truth, right += t.right;
  if (samples == 0) return 0;
  for (const ClassTotals& t : classes) chance += t.truth / samples * t.mapped / samples;
  return chance < 1 ? (right / samples - chance) / (1 - chance) : 1;
}

double mean_iou(const std::vector<ClassTotals>& classes) {
  double sum = 0, known = 0;
  for (const ClassTotals& t : classes)
    if (t.truth + t.mapped > 0) sum += iou(t), ++known;
  return ratio(sum, known);
}

double kappa(const Confusion& c) { return kappa(totals_of(c)); }
double mean_iou(const Confusion& c) { return mean_iou(totals_of(c)); }
std::vector<double> recall(const Confusion& c) { return each_of(c, recall); }
std::vector<double> precision(const Confusion& c) { return each_of(c, precision); }
std::vector<double> f1(const Confusion& c) { return each_of(c, f1); }
std::vector<double> iou(const Confusion& c) { return each_of(c, iou); }

std::vector<std::vector<double>> rows_of(const Confusion& c) {
  std::vector<std::vector<double>> rows(c.size(), std::vector<double>(c.size()));
  for (std::size_t t = 0; t < c.size(); ++t)
    for (std::size_t m = 0; m < c.size(); ++m) rows[t][m] = double(c.count(t, m));
  return rows;
}

Interval wilson_interval(double correct, double samples) {
  if (samples <= 0) return {0, 1};
  const double z2 = kNormal95 * kNormal95;
  const double p = correct / samples;
  const double centre = (p + z2 / (2 * samples)) / (1 + z2 / samples);
  const double half = kNormal95 / (1 + z2 / samples) * std::sqrt(p * (1 - p) / samples + z2 / (4 * samples * samples));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval clustered_interval(const std::vector<Cluster>& clusters) {
  double correct = 0;
  double samples = 0;
  double used = 0;
  for (const Cluster& c : clusters) {
    correct += c.correct;
    samples += c.samples;
    used += c.samples > 0;
  }
  if (used < 2) return {0, 1};
  const double p = correct / samples;
  double squares = 0;
  for (const Cluster& c : clusters) squares += std::pow(c.correct - p * c.samples, 2);
  const double half = kNormal95 * std::sqrt(used / (used - 1) * squares) / samples;
  return {std::max(0.0, p - half), std::min(1.0, p + half)};
}

Means means_of(const Confusion& c, const std::vector<double>& rates) {
  const auto truth = true_totals(c), mapped = mapped_totals(c);
  Means m;
  double classes = 0, pixels = 0;
  for (std::size_t k = 0; k < c.size(); ++k) {
    if (truth[k] + mapped[k] > 0) m.macro += rates[k], ++classes;
    m.weighted += rates[k] * truth[k];
    pixels += truth[k];
  }
  return {ratio(m.macro, classes), ratio(m.weighted, pixels)};
}

Record summarize(const Confusion& c) {
  double unclassified = 0;
  for (std::size_t k = 0; k < c.size(); ++k) unclassified += double(c.unclassified(k));
  const Interval wilson = wilson_interval(double(c.correct()), double(c.samples()));
  Record r{{"overall_accuracy", overall_accuracy(c)},
           {"overall_accuracy_95", std::vector<double>{wilson.low, wilson.high}},
           {"kappa", kappa(c)},
           {"miou", mean_iou(c)},
           {"samples", c.samples()},
           {"unclassified", std::int64_t(unclassified)},
           {"classes", c.classes()}};
  for (const auto& [name, rates] : {std::pair("precision", precision(c)), std::pair("recall", recall(c)),
                                    std::pair("f1", f1(c)), std::pair("iou", iou(c))}) {
    const Means means = means_of(c, rates);
    r.set(name, rates);
    r.set(std::string(name) + "_macro", means.macro);
    r.set(std::string(name) + "_weighted", means.weighted);
  }
  r.set("truth_pixels", true_totals(c));
  r.set("mapped_pixels", mapped_totals(c));
  r.set("confusion", rows_of(c));
  return r;
}

}  // namespace nadir
