// Lookup of stages by name.
#include "pipeline/core/registry.h"

namespace nadir {

const StageInfo* Registry::find(const std::string& name) const {
  for (const StageInfo& s : stages_)
    if (s.name == name) return &s;
  return nullptr;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const StageInfo& s : stages_) names.push_back(s.name);
  return names;
}

}  // namespace nadir
