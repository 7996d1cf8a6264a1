// A registry of tiny stages that live in memory, so that planner and executors can be tested without any file format.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pipeline/core/registry.h"
#include "tests/support/stage_harness.h"

namespace nadir::test {

/// What toy sinks collected, by node id.
struct Collected {
  std::mutex mutex;
  std::map<std::string, Image> images;
  std::map<std::string, int> writes;
};

/// Stages: read (width, height, bands; an image by formula with a hole of nodata), smooth (3x3 mean), shrink (by 2),
/// enlarge (by 2), add (two images), blockwise (mean of 16x16 blocks, alignment 16), halve_both (two outputs: shrunk
/// and as it is), measure (mean, an estimate), scale_by (multiplies by a measured mean), fail (throws), collect (a
/// sink).
Registry toy_registry(Collected& collected);

}  // namespace nadir::test
