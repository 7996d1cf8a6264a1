// The real executor: passes of tiles through a oneTBB flow graph, one token a tile.
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <filesystem>

#include "pipeline/graph/handoff.h"
#include "pipeline/graph/passes.h"
#include "pipeline/graph/run.h"
#include "pipeline/graph/scratch_image.h"
#include "pipeline/graph/tile_run.h"

namespace nadir {
namespace {

namespace flow = tbb::flow;

// The flow graph of one pass: a function node a stage. A tile enters where nothing has to be waited for, and each node
// passes it on to those whose last input it was. When a tile's last node is done, the next tile enters.
class PassRun {
 public:
  PassRun(Scene& scene, const PassPlan& plan, const RunOptions& options, const std::string& what)
      : scene_(scene), plan_(plan), options_(options), what_(what), evidence_(plan.tokens.size()) {
    functions_.resize(scene.size());
    for (const int n : plan.nodes) {
      const bool device_lane = options.device == Device::cuda && scene.node(n).stage->on_device;
      functions_[std::size_t(n)] = std::make_unique<Function>(graph_, device_lane ? kDeviceStreams : flow::unlimited,
                                                              [this, n](TileRun* tile) { return work(n, tile); });
    }
  }
  // Where a tile cannot even be planned, others are still on their way through the nodes.
  ~PassRun() {
    graph_.cancel();
    try {
      graph_.wait_for_all();
    } catch (...) {  // the first failure is already being thrown
    }
  }
  PassRun(const PassRun&) = delete;
  PassRun& operator=(const PassRun&) = delete;

  std::vector<std::unique_ptr<Evidence>> run() {
    const std::size_t first = std::min(plan_.tokens.size(), std::size_t(plan_.tokens_in_flight));
    for (std::size_t i = 0; i < first; ++i) start_next();
    graph_.wait_for_all();
    take_over(this);
    if (options_.interrupted && *options_.interrupted)
      throw Error(Fault::interrupted, "interrupted; run the same command again to continue");
    if (done_ != plan_.tokens.size())
      throw Error(Fault::internal, "tiles were lost: " + std::to_string(done_) + " of " +
                                       std::to_string(plan_.tokens.size()) + " planned ones are done");
    return std::move(evidence_);
  }

 private:
  using Function = flow::function_node<TileRun*, flow::continue_msg>;
  static constexpr int kDeviceStreams = 2;

  void start_next() {
    while (!(options_.interrupted && *options_.interrupted)) {
      const std::size_t token = next_++;
      if (token >= plan_.tokens.size()) return;
      TileRun* tile = keep(std::make_unique<TileRun>(scene_, plan_, token));
      const std::vector<int> ready = tile->ready();
      if (!ready.empty()) {
        for (const int n : ready) send(n, tile);
        return;
      }
      finish(tile);  // nothing to do for this tile
    }
  }

  void send(int n, TileRun* tile) {
    hand_over(tile);
    functions_[std::size_t(n)]->try_put(tile);
  }

  flow::continue_msg work(int n, TileRun* tile) {
    take_over(tile);
    const Trace::Clock::time_point start = Trace::Clock::now();
    tile->evaluate(n, options_.device, evidence_);
    if (options_.trace) options_.trace->add(n, tile->token(), start, Trace::Clock::now());
    bool last = false;
    for (const int next : tile->complete(n, &last)) send(next, tile);
    if (last) {
      finish(tile);
      start_next();
    }
    hand_over(this);
    return {};
  }

  TileRun* keep(std::unique_ptr<TileRun> tile) {
    TileRun* key = tile.get();
    const std::scoped_lock lock(mutex_);
    tiles_.emplace(key, std::move(tile));
    return key;
  }

  void finish(TileRun* tile) {
    const std::size_t done = ++done_;
    const std::scoped_lock lock(mutex_);
    tiles_.erase(tile);
    if (options_.progress) options_.progress(what_, double(done) / double(plan_.tokens.size()));
  }

  Scene& scene_;
  const PassPlan& plan_;
  const RunOptions& options_;
  std::string what_;
  std::vector<std::unique_ptr<Evidence>> evidence_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::mutex mutex_;
  std::map<TileRun*, std::unique_ptr<TileRun>> tiles_;
  flow::graph graph_;
  std::vector<std::unique_ptr<Function>> functions_;
};

// Adds the time until it goes out of scope.
class Timed {
 public:
  explicit Timed(NodeStats& stats) : stats_(stats) {}
  ~Timed() { stats_.nanoseconds += std::chrono::nanoseconds(Trace::Clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  NodeStats& stats_;
  Trace::Clock::time_point start_ = Trace::Clock::now();
};

class TiledRun {
 public:
  TiledRun(const Graph& graph, const SceneInputs& inputs, const RunOptions& options)
      : scene_(graph, inputs), options_(options), passes_(plan_passes(graph)), levels_(levels_of(graph)) {}

  SceneReport run() {
    for (std::size_t p = 0; p < passes_.size(); ++p) run_pass(p);
    return report_of(scene_);
  }

 private:
  void bind_up_to(int level) {
    for (int n = 0; n < int(scene_.size()); ++n)
      if (levels_[std::size_t(n)] <= level) scene_.bind(n, false);
  }

  void run_pass(std::size_t p) {
    const Pass& pass = passes_[p];
    bind_up_to(pass.level);
    const PassPlan plan = plan_pass(scene_, passes_, p, options_.tile, memory_limits(options_));
    for (const int s : pass.sinks) scene_.bind(s, true);
    for (const PortRef& k : pass.keeps) create_scratch(k);
    auto evidence = PassRun(scene_, plan, options_, name_of(pass)).run();
    for (const int s : pass.sinks) finish_sink(s);
    if (!pass.tiles()) conclude(pass.estimate, std::move(evidence));
    for (std::size_t n = 0; n < scene_.size(); ++n)
      if (last_use(int(n)) == p) scene_.bound(int(n)).stored.clear();
  }

  std::string name_of(const Pass& pass) const {
    if (!pass.tiles()) return scene_.node(pass.estimate).id;
    std::string name;
    for (const int s : pass.sinks) name += (name.empty() ? "" : ", ") + scene_.node(s).id;
    for (const PortRef& k : pass.keeps)
      if (scene_.node(k.node).id != name) name += (name.empty() ? "" : ", ") + scene_.node(k.node).id;
    return name;
  }

  void create_scratch(const PortRef& ref) {
    std::filesystem::create_directories(scene_.inputs().work_dir);
    const ImageInfo& info = scene_.image(ref);
    const std::string path =
        scene_.inputs().work_dir + "/" + scene_.node(ref.node).id + "." + std::to_string(ref.output) + ".raw";
    scene_.bound(ref.node).stored[ref.output] =
        std::make_shared<ScratchImage>(path, info.grid.size(), info.band_count());
  }

  void finish_sink(int n) {
    const Timed timed(scene_.stats(n));
    try {
      scene_.bound(n).sink_facts = scene_.bound(n).sink->finish();
    } catch (...) {
      rethrow_with(label(scene_.node(n)));
    }
  }

  void conclude(int n, std::vector<std::unique_ptr<Evidence>> evidence) {
    const Timed timed(scene_.stats(n));
    try {
      Exec exec;
      scene_.bound(n).value = scene_.bound(n).estimate->conclude(std::move(evidence), exec);
    } catch (...) {
      rethrow_with(label(scene_.node(n)));
    }
  }

  // The last pass that reads what the node kept.
  std::size_t last_use(int n) const {
    std::size_t last = passes_.size();
    for (std::size_t p = 0; p < passes_.size(); ++p)
      for (const int m : nodes_of(scene_.graph(), passes_, p))
        for (std::size_t i = 0; i < scene_.node(m).inputs.size(); ++i)
          if (reads_pixels(scene_.node(m), i) && scene_.node(m).inputs[i]->node == n) last = p;
    return last;
  }

  Scene scene_;
  const RunOptions& options_;
  std::vector<Pass> passes_;
  std::vector<int> levels_;
};

}  // namespace

void Trace::add(int node, std::size_t token, Clock::time_point start, Clock::time_point end) {
  const auto us = [](Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
  const std::size_t thread = std::size_t(std::max(0, tbb::this_task_arena::current_thread_index()));
  const std::scoped_lock lock(mutex_);
  events_.push_back({node, token, thread, us(start - origin_), us(end - start)});
}

MemoryLimits memory_limits(const RunOptions& options) {
  return {options.memory - std::min(options.memory / 2, cache_share(options.memory)), options.threads};
}

std::size_t cache_share(std::size_t memory) { return std::min(memory / 4, std::size_t{256} << 20); }

SceneReport report_of(Scene& scene) {
  SceneReport report;
  for (int n = 0; n < int(scene.size()); ++n) {
    const Node& node = scene.node(n);
    const BoundNode& b = scene.bound(n);
    if (node.stage->as<SinkFactory>()) report.outputs.emplace_back(node.id, b.sink_facts);
    if (!std::holds_alternative<std::monostate>(b.value)) report.values.emplace_back(node.id, describe(b.value));
    const NodeStats& s = scene.stats(n);
    report.nodes.push_back({node.id, node.stage->name, s.calls, double(s.nanoseconds) * 1e-9, s.bytes});
  }
  return report;
}

SceneReport run_tiled(const Graph& graph, const SceneInputs& inputs, const RunOptions& options) {
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism, std::size_t(options.threads) + 1);
  tbb::task_arena arena(options.threads);
  SceneReport report;
  std::exception_ptr failure;
  arena.execute([&] {
    try {
      report = TiledRun(graph, inputs, options).run();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
  return report;
}

}  // namespace nadir
