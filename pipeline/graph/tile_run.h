// One tile on its way through a pass: its windows, its pixels, and what is still missing for each node.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/graph/device_queue.h"
#include "pipeline/graph/scene.h"
#include "pipeline/graph/token_plan.h"

namespace nadir {

/// Who reads whom in a pass; the same for all of its tiles.
struct PassLinks {
  PassLinks(const Scene& scene, const PassPlan& plan);

  std::vector<std::vector<int>> consumers;  ///< by node, once for every wire
  std::vector<std::vector<int>> producers;  ///< by node, once for every wire
};

/// Joins are countdowns: a node may run when `missing` of it reaches zero; a node's pixels are freed when `readers` of
/// it reaches zero. One object serves many tiles, one after the other.
class TileRun {
 public:
  TileRun(Scene& scene, const PassPlan& plan, const PassLinks& links);

  void begin(std::size_t token);
  std::size_t token() const { return token_; }
  /// Appends the nodes that wait for nobody.
  void ready(std::vector<int>& nodes) const;
  /// Does the node's work for this tile, on the device where it has a place there. Returns why it was done on the CPU
  /// all the same, in words, else nothing.
  std::string evaluate(int n, DevicePlace& place, std::vector<std::unique_ptr<Evidence>>& evidence);
  /// Marks the node as done and appends those that became ready. True when the tile is complete.
  bool complete(int n, std::vector<int>& ready);
  /// Gives back all pixels, also of a tile that was given up.
  void end();

 private:
  void allocate(int n);
  void read(int n);
  std::string run_stage_of(int n, DevicePlace& place);
  void serve_requests(int n, std::vector<std::unique_ptr<Evidence>>& evidence);
  ConstTileView pixels(const PortRef& ref, const Window& window) const;
  Window need_of(int n, std::size_t input) const;
  bool is_reader(int n) const;

  Scene& scene_;
  const PassPlan& plan_;
  const PassLinks& links_;
  std::size_t token_ = 0;
  TokenWindows windows_;
  std::vector<char> parts_;  ///< by node: takes part in this tile
  std::vector<std::vector<Tile>> tiles_;
  std::vector<std::atomic<int>> missing_;
  std::vector<std::atomic<int>> readers_;
  std::atomic<int> open_{0};
};

}  // namespace nadir
