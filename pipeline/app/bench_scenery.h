// What single stages are tried on.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/app/one_stage.h"

namespace nadir::app {

struct Scenery {
  /// The usual first: some stages take red, green and blue only, some take subbands.
  std::vector<std::unique_ptr<Source>> images;
  MemorySource labels;

  Scenery(const Registry& registry, int size);
};

/// Wires every port that must be, from what a stage can be given without a graph. Throws Error(Fault::usage) where that
/// is not enough.
Wiring wire(const Registry& registry, const StageInfo& stage, const Source& image, const Source& labels);

}  // namespace nadir::app
