// What both executors share: the trace, the shares of the memory, the report.
#include "pipeline/graph/run.h"

#include <tbb/task_arena.h>

#include <algorithm>

#include "pipeline/graph/memory_need.h"

namespace nadir {

void Trace::add(int node, std::size_t token, Clock::time_point start, Clock::time_point end) {
  const auto us = [](Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
  const std::size_t thread = std::size_t(std::max(0, tbb::this_task_arena::current_thread_index()));
  const std::scoped_lock lock(mutex_);
  events_.push_back({node, token, thread, us(start - origin_), us(end - start)});
}

// An eighth is for what the allocator holds back between pieces of memory that are in use.
MemoryLimits memory_limits(const RunOptions& options) {
  const std::size_t cache = cache_share(options.memory);
  return {options.memory - cache - options.memory / 8, options.threads, cache};
}

// memory_limits backwards: the cache takes a quarter of a small budget and 256 MiB of a large one, whichever is less.
std::size_t budget_for(std::size_t tiles) {
  return std::min((tiles * 8 + 4) / 5, ((tiles + (std::size_t{256} << 20)) * 8 + 6) / 7);
}

std::size_t cache_share(std::size_t memory) { return std::min(memory / 4, std::size_t{256} << 20); }

SceneReport report_of(Scene& scene) {
  SceneReport report;
  for (int n = 0; n < int(scene.size()); ++n) {
    const Node& node = scene.node(n);
    const BoundNode& b = scene.bound(n);
    if (node.stage->as<SinkFactory>()) report.outputs.emplace_back(node.id, b.sink_facts);
    if (!std::holds_alternative<std::monostate>(b.value)) report.values.emplace_back(node.id, describe(b.value));
    if (!b.model_file.empty()) report.values.back().second.set("file", b.model_file);
    const NodeStats& s = scene.stats(n);
    report.nodes.push_back({node.id, node.stage->name, s.calls, double(s.nanoseconds) * 1e-9, s.bytes});
  }
  return report;
}

}  // namespace nadir
