// Surveys of mixed features: a field a class that tells its share.
#pragma once

#include <ogrsf_frmts.h>

#include <string>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// The fields are the classes, in the order in which they are named; ids 1 … n.
class ShareFields {
 public:
  /// No names: none. Throws Error(Fault::data) where a layer lacks one.
  ShareFields(std::vector<std::string> names, const std::vector<OGRLayer*>& layers, const std::string& path);

  bool empty() const { return names_.empty(); }
  std::vector<ClassInfo> classes() const;
  /// Class and shares of a feature: its values over their sum, so parts of one, percent and areas mean the same; what
  /// is not there counts as 0. False where they sum up to nothing. Throws Error(Fault::data) for negative ones.
  bool apply(const OGRFeature& row, Feature& feature) const;

 private:
  std::vector<std::string> names_;
  std::string path_;
};

}  // namespace nadir
