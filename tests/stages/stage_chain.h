// Several stages, one after the other, by their names.
#pragma once

#include <string>
#include <vector>

#include "stages/stages.h"
#include "tests/support/stage_harness.h"

namespace nadir::test {

struct Step {
  const char* stage;
  ParamMap params;
  Value value = {};  ///< for the second port
};

inline const StageInfo& stage_named(const std::string& name) {
  static const std::vector<StageInfo> stages = all_stages();
  for (const StageInfo& stage : stages)
    if (stage.name == name) return stage;
  throw std::logic_error("there is no stage " + name);
}

/// Each step reads what the one before gave.
inline Image through(const Image& image, const std::vector<Step>& chain) {
  Image out = apply(stage_named(chain[0].stage), chain[0].params, {&image, nullptr}, {Value{}, chain[0].value});
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const Image in = std::move(out);
    out = apply(stage_named(chain[i].stage), chain[i].params, {&in, nullptr}, {Value{}, chain[i].value});
  }
  return out;
}

}  // namespace nadir::test
