// Which windows one tile of a pass needs from every node: grids forward, windows backward.
#pragma once

#include <cstddef>
#include <vector>

#include "pipeline/graph/passes.h"
#include "pipeline/graph/scene.h"

namespace nadir {

/// A window of an output that a sink, a kept image or an estimate asks for.
struct Request {
  int root = -1;  ///< the asking node; the producer itself for a kept image
  int input = 0;  ///< its input port; -1 for a kept image
  PortRef ref;
  Window window;  ///< may reach outside the image for estimates, whose halo is mirrored
};

/// The windows of one node's outputs in one token.
struct OutputWindows {
  Window memory;  ///< what is allocated; may reach outside the image, there it is mirrored
  Window inside;  ///< what is computed or read
};

struct Token {
  Window block;  ///< of the estimate, for estimate passes
  std::vector<Request> requests;
};

/// By node, by output; empty windows where nothing is needed.
using TokenWindows = std::vector<std::vector<OutputWindows>>;

/// What a pass does in one scene, before any pixel is read.
struct PassPlan {
  std::size_t pass = 0;            ///< index into plan_passes
  std::vector<int> nodes;          ///< evaluated, in topological order
  std::vector<bool> from_scratch;  ///< by node: read from what an earlier pass kept
  std::vector<Token> tokens;
  int tile = 0;                    ///< edge in pixels of the largest root, after alignment and memory
  int across = 1;                  ///< tiles side by side; tokens stand row by row
  int column_band = 0;             ///< so many columns are worked off before the next ones; 0: all at once
  std::size_t token_bytes = 0;     ///< of the largest token looked at
  std::size_t evidence_bytes = 0;  ///< reserved for what an estimate keeps until its end
  std::vector<int> on_device;      ///< nodes that do their tiles on a device, where there is one
  std::size_t device_bytes = 0;    ///< of a device, where one is used: kDeviceStreams tiles of the greediest node
  int tokens_in_flight = 1;
  std::string reason;   ///< why this tile size and number of tokens
  std::string warning;  ///< that an estimate may keep more than is reserved for it; empty where all fits
};

struct MemoryLimits {
  std::size_t tiles = std::size_t{3} << 30;  ///< bytes for tiles and working memory of stages
  int threads = 1;
  std::size_t cache = std::size_t{64} << 20;  ///< bytes that readers keep of what they decoded
  bool fixed_tile = false;  ///< cut by the tile size asked for whatever the machine, as several processes must
};

/// The nodes that the pass needs must be bound. Throws Error(Fault::config) naming the stage when the smallest possible
/// tile does not fit into memory.
PassPlan plan_pass(const Scene& scene, const std::vector<Pass>& passes, std::size_t pass, int tile,
                   const MemoryLimits& limits);

/// Fills `windows`, whose memory is used again.
void plan_token(const Scene& scene, const PassPlan& plan, const Token& token, TokenWindows& windows);
TokenWindows plan_token(const Scene& scene, const PassPlan& plan, const Token& token);

}  // namespace nadir
