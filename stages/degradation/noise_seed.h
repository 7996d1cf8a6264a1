// Where a node's random numbers start.
#pragma once

#include "pipeline/core/random.h"
#include "pipeline/core/stage.h"

namespace nadir {

/// The seed that a node was given; for -1 that of the run, mixed with the node's name (FNV-1a), so that the noises of
/// two nodes are independent and add up in quadrature.
inline std::uint64_t noise_seed(std::int64_t given, const StageContext& context) {
  if (given >= 0) return std::uint64_t(given);
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : context.node) hash = (hash ^ std::uint64_t(static_cast<unsigned char>(c))) * 0x100000001b3u;
  return split_mix(context.seed ^ hash);
}

}  // namespace nadir
