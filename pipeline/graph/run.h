// The two executors. Both take the same graph and scene and give bit-identical outputs.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/graph/scene.h"
#include "pipeline/graph/token_plan.h"
#include "pipeline/graph/workers.h"

namespace nadir {

/// One piece of work: a node on a tile.
struct TraceEvent {
  int node = 0;
  std::size_t token = 0;
  std::size_t thread = 0;
  double start_us = 0;  ///< since the trace was made
  double duration_us = 0;
};

/// Collects events from all threads.
class Trace {
 public:
  using Clock = std::chrono::steady_clock;
  void add(int node, std::size_t token, Clock::time_point start, Clock::time_point end);
  const std::vector<TraceEvent>& events() const { return events_; }

 private:
  Clock::time_point origin_ = Clock::now();
  std::mutex mutex_;
  std::vector<TraceEvent> events_;
};

/// Which part of the tiles of the sinks one of several processes computes.
struct UnitShare {
  int index = 0;
  int count = 1;
  bool is_all() const { return count == 1; }
};

struct RunOptions {
  Device device = Device::cpu;
  int threads = 1;
  int tile = 512;
  std::size_t memory = std::size_t{4} << 30;                            ///< the whole budget
  const std::atomic<bool>* interrupted = nullptr;                       ///< set from outside to stop soon
  Trace* trace = nullptr;                                               ///< may be null
  std::function<void(const std::string& what, double share)> progress;  ///< may be empty
  std::function<void(const std::string& fact)> log;                     ///< worth a line; may be empty
  /// Called before outputs get their final names; throws where the input is no longer what it was. May be empty.
  std::function<void()> check_input;
  UnitShare unit;                          ///< less than all: outputs stay unfinished
  bool only_finish = false;                ///< nothing is computed: what several processes left is put together
  std::uint64_t shuffle = 0;               ///< for tests: another order of tiles for every number but 0
  std::function<bool(std::size_t)> loses;  ///< for tests: true loses the token
};

struct NodeReport {
  std::string node;
  std::string stage;
  std::int64_t calls = 0;
  double seconds = 0;
  std::int64_t bytes = 0;
};

struct SceneReport {
  std::vector<std::pair<std::string, Record>> outputs;  ///< by sink: what was written
  std::vector<std::pair<std::string, Record>> values;   ///< by value and estimate node: what was found
  std::vector<NodeReport> nodes;
};

/// The plain reference: one loop over the nodes, whole images in memory, one thread.
SceneReport run_whole(const Graph& graph, const SceneInputs& inputs);

/// The real one: tiles stream through a oneTBB flow graph within the memory budget.
SceneReport run_tiled(const Graph& graph, const SceneInputs& inputs, const RunOptions& options);
/// The same among other scenes that share threads and memory.
SceneReport run_tiled(const Graph& graph, const SceneInputs& inputs, const RunOptions& options, Workers& workers);

/// How much of the budget is for tiles; the rest is for GDAL's cache and what the program itself takes.
MemoryLimits memory_limits(const RunOptions& options);
/// GDAL's share of the budget, bytes.
std::size_t cache_share(std::size_t memory);

SceneReport report_of(Scene& scene);

}  // namespace nadir
