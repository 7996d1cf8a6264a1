// Shares of classes from fields.
#include "io/survey_shares.h"

#include <algorithm>
#include <cmath>

#include "io/gdal_handle.h"
#include "io/survey_fields.h"

namespace nadir {

ShareFields::ShareFields(std::vector<std::string> names, const std::vector<OGRLayer*>& layers, const std::string& path)
    : names_(std::move(names)), path_(path) {
  for (OGRLayer* layer : layers)
    for (const std::string& name : names_) require_field(*layer, "fraction_fields", name, path_);
}

std::vector<ClassInfo> ShareFields::classes() const {
  std::vector<ClassInfo> classes;
  for (std::size_t k = 0; k < names_.size(); ++k) classes.push_back({std::uint16_t(k + 1), names_[k], class_colour(k)});
  return classes;
}

bool ShareFields::apply(const OGRFeature& row, Feature& feature) const {
  double sum = 0;
  for (std::size_t k = 0; k < names_.size(); ++k) {
    const double value = row.GetFieldAsDouble(row.GetFieldIndex(names_[k].c_str()));  // 0 where there is none
    if (!(value >= 0) || !std::isfinite(value))
      throw Error(Fault::data, path_ + ": feature " + std::to_string(row.GetFID()) + " has " + std::to_string(value) +
                                   " in '" + names_[k] + "'; shares are 0 or more (fraction_fields)");
    sum += value;
    if (value > 0) feature.shares.push_back({std::uint16_t(k + 1), float(value)});
  }
  if (feature.shares.empty()) return false;
  for (ClassShare& s : feature.shares) s.share = float(double(s.share) / sum);
  feature.class_id = std::max_element(feature.shares.begin(), feature.shares.end(), [](const auto& a, const auto& b) {
                       return a.share < b.share;
                     })->class_id;
  return true;
}

}  // namespace nadir
