// One tile on its way through a pass: its windows, its pixels, and what is still missing for each node.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/graph/scene.h"
#include "pipeline/graph/token_plan.h"

namespace nadir {

/// Joins are countdowns: a node may run when `missing` of it reaches zero; a node's pixels are freed when `readers` of
/// it reaches zero.
class TileRun {
 public:
  TileRun(Scene& scene, const PassPlan& plan, std::size_t token);

  std::size_t token() const { return token_; }
  bool takes_part(int n) const { return parts_[std::size_t(n)]; }
  /// Nodes that wait for nobody.
  std::vector<int> ready() const;
  /// Does the node's work for this tile.
  void evaluate(int n, Device device, std::vector<std::unique_ptr<Evidence>>& evidence);
  /// Marks the node as done; returns the nodes that became ready. `*last` is set when the tile is complete.
  std::vector<int> complete(int n, bool* last);

 private:
  void allocate(int n);
  void read(int n);
  void run_stage_of(int n, Device device);
  void serve_requests(int n, std::vector<std::unique_ptr<Evidence>>& evidence);
  ConstTileView pixels(const PortRef& ref, const Window& window) const;
  Window need_of(int n, std::size_t input) const;
  void release_inputs(int n);
  bool is_reader(int n) const;

  Scene& scene_;
  const PassPlan& plan_;
  std::size_t token_;
  TokenWindows windows_;
  std::vector<bool> parts_;
  std::vector<std::vector<int>> consumers_;
  std::vector<std::vector<Tile>> tiles_;
  std::vector<std::atomic<int>> missing_;
  std::vector<std::atomic<int>> readers_;
  std::atomic<int> open_{0};
};

}  // namespace nadir
