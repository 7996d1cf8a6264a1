// Tiles enter where nothing has to be waited for; the last input of a node brings a tile on. The thread that computed
// an input goes on with the node that waited for it, while the pixels are still in its cache. Before a node on the
// device a tile waits for a place there.
#include "pipeline/graph/pass_run.h"

#include <tbb/flow_graph.h>

#include <algorithm>
#include <numeric>

#include "pipeline/core/random.h"
#include "pipeline/graph/handoff.h"
#include "pipeline/graph/tile_run.h"

namespace nadir {
namespace {

namespace flow = tbb::flow;

class PassRun {
 public:
  PassRun(Scene& scene, const PassPlan& plan, const RunOptions& options, Workers& workers, const std::string& what)
      : scene_(scene),
        plan_(plan),
        options_(options),
        workers_(workers),
        what_(what),
        links_(scene, plan),
        on_device_(scene.size()),
        evidence_(plan.tokens.size()) {
    if (options.device == Device::cuda)
      for (const int n : plan.on_device) on_device_[std::size_t(n)] = 1;
    for (std::size_t t = 0; t < plan.tokens.size(); ++t)
      if (!plan.tokens[t].requests.empty()) todo_.push_back(t);
    if (plan.column_band > 0)
      std::stable_sort(todo_.begin(), todo_.end(), [&](std::size_t a, std::size_t b) { return band(a) < band(b); });
    if (options.shuffle)
      std::sort(todo_.begin(), todo_.end(), [&](std::size_t a, std::size_t b) {
        return split_mix(options.shuffle + a) < split_mix(options.shuffle + b);
      });
  }

  std::vector<std::unique_ptr<Evidence>> run() {
    if (todo_.empty()) return std::move(evidence_);
    workers_.budget().acquire(plan_.evidence_bytes + plan_.token_bytes);
    workers_.execute([this] { stream(); });
    workers_.budget().release(plan_.evidence_bytes + reserved_ * plan_.token_bytes);
    if (failure_) std::rethrow_exception(failure_);
    if (is_interrupted()) throw Error(Fault::interrupted, "interrupted; run the same command again to continue");
    if (done_ != todo_.size())
      throw Error(Fault::internal, "tiles were lost: " + std::to_string(done_) + " of " + std::to_string(todo_.size()) +
                                       " planned ones are done; please report this");
    return std::move(evidence_);
  }

 private:
  using Function = flow::function_node<TileRun*, flow::continue_msg>;

  std::size_t band(std::size_t token) const {
    return token % std::size_t(plan_.across) / std::size_t(plan_.column_band);
  }

  // The graph must be made and end inside of the arena.
  void stream() {
    flow::graph graph;
    graph_ = &graph;
    functions_.resize(scene_.size());
    for (const int n : plan_.nodes)
      functions_[std::size_t(n)] =
          std::make_unique<Function>(graph, flow::unlimited, [this, n](TileRun* tile) { return work(n, tile); });
    reserved_ = 1;
    Step first;
    if (next_tile(first)) send(first);
    widen();
    graph.wait_for_all();
    take_over(this);
    functions_.clear();
  }

  bool on_device(int n) const { return on_device_[std::size_t(n)] != 0; }
  bool is_interrupted() const { return options_.interrupted && *options_.interrupted; }
  bool has_ended() const { return stopped_ || is_interrupted(); }

  // A node and the tile that it is to work on.
  struct Step {
    int node = -1;
    TileRun* tile = nullptr;
  };

  void send(const Step& step) {
    hand_over(step.tile);
    if (!on_device(step.node)) {
      functions_[std::size_t(step.node)]->try_put(step.tile);
      return;
    }
    graph_->reserve_wait();
    workers_.device().enter([this, step] {
      functions_[std::size_t(step.node)]->try_put(step.tile);
      graph_->release_wait();
    });
  }

  // Begins the next tile; of its first nodes one is returned, the others are sent. False when there is none.
  bool next_tile(Step& step) {
    std::vector<int> ready;
    while (!has_ended()) {
      const std::size_t place = next_++;
      if (place >= todo_.size()) return false;
      const std::size_t token = todo_[place];
      if (options_.loses && options_.loses(token)) return false;
      TileRun* tile = take_tile();
      try {
        tile->begin(token);
        tile->ready(ready);
      } catch (...) {
        fail(tile);
        return false;
      }
      if (ready.empty()) {
        finish(tile);
        continue;
      }
      step = {ready.front(), tile};
      for (std::size_t i = 1; i < ready.size(); ++i) send({ready[i], tile});
      return true;
    }
    return false;
  }

  // Only what `send` brings may be a node on the device, for it has a place there.
  flow::continue_msg work(int n, TileRun* tile) {
    take_over(tile);
    Step step{n, tile};
    std::vector<int> ready;
    while (step.tile) {
      ready.clear();
      evaluate(step);
      const bool last = step.tile->complete(step.node, ready);
      Step next;
      for (const int r : ready) {
        if (!next.tile && !on_device(r))
          next = {r, step.tile};
        else
          send({r, step.tile});
      }
      if (last) next = follow(step.tile);
      step = next;
    }
    hand_over(this);
    return {};
  }

  void evaluate(const Step& step) {
    DevicePlace place(on_device(step.node) ? &workers_.device() : nullptr);
    if (has_ended()) return;
    const Trace::Clock::time_point start = Trace::Clock::now();
    try {
      const std::string missing = step.tile->evaluate(step.node, place, evidence_);
      if (!missing.empty() && scene_.stats(step.node).fallbacks++ == 0 && options_.log)
        options_.log("warning: " + scene_.node(step.node).id + ": " + missing +
                     "; tiles are computed on the CPU instead");
    } catch (...) {
      fail(nullptr);
    }
    if (options_.trace) options_.trace->add(step.node, step.tile->token(), start, Trace::Clock::now());
  }

  // After the last node of a tile: what this thread does next with the tile's share of the budget.
  Step follow(TileRun* tile) {
    finish(tile);
    if (workers_.budget().has_waiters() && give_back_share()) return {};
    Step step;
    if (!next_tile(step)) {
      give_back_share();
      return {};
    }
    widen();
    if (!on_device(step.node)) return step;
    send(step);
    return {};
  }

  // False for the last share, with which somebody must go on; run() gives it back. One step decides, for several
  // threads may come at once.
  bool give_back_share() {
    for (int reserved = reserved_; reserved > 1;)
      if (reserved_.compare_exchange_weak(reserved, reserved - 1)) {
        workers_.budget().release(plan_.token_bytes);
        return true;
      }
    return false;
  }

  // Starts more tiles while they may be in flight.
  void widen() {
    while (next_ < todo_.size() && !has_ended()) {
      int reserved = reserved_;
      if (reserved >= plan_.tokens_in_flight || !workers_.budget().try_acquire(plan_.token_bytes)) return;
      if (!reserved_.compare_exchange_strong(reserved, reserved + 1)) {
        workers_.budget().release(plan_.token_bytes);
        continue;
      }
      Step step;
      if (next_tile(step)) {
        send(step);
        continue;
      }
      --reserved_;
      workers_.budget().release(plan_.token_bytes);
      return;
    }
  }

  TileRun* take_tile() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) {
      tiles_.push_back(std::make_unique<TileRun>(scene_, plan_, links_));
      return tiles_.back().get();
    }
    TileRun* tile = idle_.back();
    idle_.pop_back();
    return tile;
  }

  void finish(TileRun* tile) {
    tile->end();
    if (!has_ended()) ++done_;
    const std::scoped_lock lock(mutex_);
    idle_.push_back(tile);
    if (options_.progress) options_.progress(what_, double(done_) / double(todo_.size()));
  }

  // Keeps the first failure; tiles on their way pass through the rest of the graph without being computed.
  void fail(TileRun* tile) {
    if (tile) tile->end();
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    stopped_ = true;
  }

  Scene& scene_;
  const PassPlan& plan_;
  const RunOptions& options_;
  Workers& workers_;
  std::string what_;
  PassLinks links_;
  std::vector<char> on_device_;  // by node
  std::vector<std::unique_ptr<Evidence>> evidence_;
  std::vector<std::size_t> todo_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<int> reserved_{0};  // shares of the budget that are held, of token_bytes each
  std::atomic<bool> stopped_{false};
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TileRun>> tiles_;
  std::vector<TileRun*> idle_;
  flow::graph* graph_ = nullptr;  // while there is one
  std::vector<std::unique_ptr<Function>> functions_;
};

}  // namespace

std::vector<std::unique_ptr<Evidence>> run_pass(Scene& scene, const PassPlan& plan, const RunOptions& options,
                                                Workers& workers, const std::string& what) {
  return PassRun(scene, plan, options, workers, what).run();
}

}  // namespace nadir
