// How fast single stages are on this machine: what `nadir bench` prints.
#pragma once

#include <string>
#include <vector>

#include "pipeline/app/record_json.h"
#include "pipeline/backend/exec.h"
#include "pipeline/core/registry.h"

namespace nadir::app {

struct BenchOptions {
  std::vector<std::string> stages;  ///< empty: all tile stages
  std::vector<std::string> params;  ///< "name=value", for a single stage
  int size = 2048;                  ///< edge of the image that is made, pixels
  int tile = 512;
  int threads = 1;
  int repeats = 5;
  double seconds = 2;  ///< a repetition stops at the first tile after this
  Device device = Device::cpu;
};

/// Runs the first output of every stage over tiles of a textured image of four bands (or three). Rates count output
/// pixels; bytes count each input and output sample once. Stages that cannot stand alone come with the reason.
Json bench(const Registry& registry, const BenchOptions& options);

std::string bench_text(const Json& result);

}  // namespace nadir::app
