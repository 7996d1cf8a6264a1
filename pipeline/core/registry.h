// The list of all stages that a program knows.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

class Registry {
 public:
  explicit Registry(std::vector<StageInfo> stages) : stages_(std::move(stages)) {}
  const StageInfo* find(const std::string& name) const;
  std::vector<std::string> names() const;
  const std::vector<StageInfo>& stages() const { return stages_; }

 private:
  std::vector<StageInfo> stages_;
};

}  // namespace nadir
