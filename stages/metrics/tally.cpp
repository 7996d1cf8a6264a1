// From judged pixels to figures.
#include "stages/metrics/tally.h"

#include <algorithm>
#include <set>

#include "pipeline/core/error.h"
#include "stages/metrics/area_estimates.h"
#include "stages/metrics/jackknife.h"

namespace nadir {
namespace {

std::string name_in(const std::vector<ClassInfo>& classes, int id) {
  for (const ClassInfo& c : classes)
    if (c.id == id) return c.name;
  return "class " + std::to_string(id);
}

// Of masks without names: truth whose classes are numbers means the labels, else its first class is label 1.
std::string name_of_label(const ClassLists& classes, int id) {
  if (classes.mask.empty())
    for (const ClassInfo& c : classes.truth)
      if (c.name == std::to_string(id)) return c.name;
  return name_in(classes.mask.empty() ? classes.truth : classes.mask, id);
}

// A reference without names has those of the mask.
std::string name_of_truth(const ClassLists& classes, int id) {
  return name_in(classes.truth.empty() ? classes.mask : classes.truth, id);
}

// The truth's classes, then those that only the mask knows.
std::vector<std::string> class_names(const Tally& tally, const ClassLists& classes) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const ClassInfo& c : classes.truth) add(c.name);
  std::set<std::string> of_mask;
  for (const ClassInfo& c : classes.mask) of_mask.insert(c.name);
  for (const auto& [key, pixels] : tally) {
    add(name_of_truth(classes, std::get<1>(key)));
    if (std::get<2>(key) != kUnclassified) of_mask.insert(name_of_label(classes, std::get<2>(key)));
  }
  const auto shared = [&](const std::string& n) { return of_mask.contains(n); };
  if (!of_mask.empty() && std::none_of(names.begin(), names.end(), shared))
    throw Error(
        Fault::data,
        "mask and survey have no class name in common ('" + *of_mask.begin() + "', … and '" + names.front() +
            "', …); name the survey's field of classes: class_field of read_survey, --class-field of nadir evaluate");
  for (const std::string& n : of_mask) add(n);
  return names;
}

}  // namespace

Record accuracy_record(const Tally& tally, const ClassLists& classes, const std::map<int, std::int64_t>& mapped) {
  const std::vector<std::string> names = class_names(tally, classes);
  const auto index_of = [&](const std::string& name) {
    return std::size_t(std::find(names.begin(), names.end(), name) - names.begin());
  };
  Confusion confusion(names);
  std::vector<Draw> draws;
  std::vector<Cluster> clusters;
  std::int32_t last = 0;  // draws stand together, being the first part of the key
  for (const auto& [key, pixels] : tally) {
    const auto& [draw, truth, label] = key;
    const std::size_t t = index_of(name_of_truth(classes, truth));
    if (label == kUnclassified) {
      confusion.add_unclassified(t, pixels);
      continue;
    }
    const std::size_t m = index_of(name_of_label(classes, label));
    confusion.add(t, m, pixels);
    if (draws.empty() || draw != last) draws.emplace_back(), clusters.emplace_back();
    last = draw;
    draws.back().push_back({t, m, pixels});
    clusters.back().samples += double(pixels);
    if (t == m) clusters.back().correct += double(pixels);
  }
  Record result = summarize(confusion);
  const Interval interval = clustered_interval(clusters);
  result.set("overall_accuracy_95_by_feature", std::vector<double>{interval.low, interval.high});
  add_intervals(confusion, draws, result);
  result.set("features", std::int64_t(draws.size()));
  if (!mapped.empty()) {
    std::vector<double> pixels(names.size());
    for (const auto& [id, count] : mapped)
      if (const std::size_t k = index_of(name_of_label(classes, id)); id != kUnclassified && k < names.size())
        pixels[k] += double(count);
    add_areas(estimate_areas(confusion, pixels), pixels, result);
  }
  return result;
}

}  // namespace nadir
