// Stratified estimators of accuracy and area.
#include "stages/metrics/area_estimates.h"

#include <cmath>

#include "stages/metrics/shares.h"

namespace nadir {
namespace {

// Of a share p among n samples; one sample tells nothing of the spread.
double variance(double p, double n) { return n > 1 ? p * (1 - p) / (n - 1) : 0; }

}  // namespace

AreaEstimates estimate_areas(const Confusion& samples, const std::vector<double>& mapped_pixels) {
  const std::size_t classes = samples.size();
  std::vector<double> drawn(classes), pixels(classes), share(classes);  // by class of the map
  double total = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) drawn[i] += double(samples.count(j, i));
    pixels[i] = drawn[i] > 0 ? mapped_pixels[i] : 0;
    total += pixels[i];
  }
  for (std::size_t i = 0; i < classes; ++i) share[i] = ratio(pixels[i], total);
  const auto found = [&](std::size_t map, std::size_t truth) {
    return ratio(double(samples.count(truth, map)), drawn[map]);
  };

  AreaEstimates e;
  e.mapped_share = share;
  double overall_variance = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    const double u = found(k, k);
    e.users.push_back(u);
    e.users_half_width.push_back(kNormal95 * std::sqrt(variance(u, drawn[k])));
    e.overall += share[k] * u;
    overall_variance += share[k] * share[k] * variance(u, drawn[k]);
    double area = 0, area_variance = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      area += share[i] * found(i, k);
      area_variance += share[i] * share[i] * variance(found(i, k), drawn[i]);
    }
    e.area_share.push_back(area);
    e.area_half_width.push_back(kNormal95 * std::sqrt(area_variance));
    // Equation 7, divided by the squared number of pixels.
    const double p = ratio(share[k] * u, area);
    double rest = 0;
    for (std::size_t i = 0; i < classes; ++i)
      if (i != k) rest += share[i] * share[i] * variance(found(i, k), drawn[i]);
    const double own = share[k] * share[k] * (1 - p) * (1 - p) * variance(u, drawn[k]);
    e.producers.push_back(p);
    e.producers_half_width.push_back(area > 0 ? kNormal95 * std::sqrt(own + p * p * rest) / area : 0);
  }
  e.overall_half_width = kNormal95 * std::sqrt(overall_variance);
  return e;
}

void add_areas(const AreaEstimates& e, const std::vector<double>& mapped_pixels, Record& record) {
  record.set("area_mapped_pixels", mapped_pixels);
  record.set("area_mapped_share", e.mapped_share);
  record.set("area_share", e.area_share);
  record.set("area_share_plus_minus", e.area_half_width);
  record.set("area_users_accuracy", e.users);
  record.set("area_users_accuracy_plus_minus", e.users_half_width);
  record.set("area_producers_accuracy", e.producers);
  record.set("area_producers_accuracy_plus_minus", e.producers_half_width);
  record.set("area_overall_accuracy", e.overall);
  record.set("area_overall_accuracy_plus_minus", e.overall_half_width);
}

}  // namespace nadir
