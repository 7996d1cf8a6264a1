// The real executor: pass after pass of a scene, and what has to happen between them.
#include <algorithm>
#include <filesystem>
#include <optional>

#include "pipeline/core/text.h"
#include "pipeline/core/unshared_sink.h"
#include "pipeline/graph/earlier_run.h"
#include "pipeline/graph/memory_need.h"
#include "pipeline/graph/pass_run.h"
#include "pipeline/graph/run.h"
#include "pipeline/graph/scratch_image.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

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
  TiledRun(const Graph& graph, const SceneInputs& inputs, const RunOptions& options, Workers& workers)
      : scene_(graph, inputs),
        earlier_(scene_, options.log),
        options_(options),
        workers_(workers),
        passes_(plan_passes(graph)),
        levels_(levels_of(graph)),
        finished_(graph.nodes.size(), false),
        restored_(graph.nodes.size(), false),
        ready_(passes_.size()) {}

  SceneReport run() {
    for (const Pass& pass : passes_)
      if (!pass.tiles()) restored_[std::size_t(pass.estimate)] = earlier_.restore_value(pass.estimate);
    if (passes_.size() > 1) workers_.execute([this] { check_all_passes(); });
    if (knows_what_is_read()) workers_.execute([this] { prepare_from_the_last(); });
    for (std::size_t p = 0; p < passes_.size(); ++p) run_one(p);
    return report_of(scene_);
  }

 private:
  void bind_up_to(int level) {
    for (int n = 0; n < int(scene_.size()); ++n)
      if (levels_[std::size_t(n)] <= level) scene_.bind(n);
  }

  bool is_restored(const Pass& pass) const { return !pass.tiles() && restored_[std::size_t(pass.estimate)]; }

  // What cannot be planned is said now, not after hours; of several budgets that are too small the worst. Values that
  // are not known yet are left open, so what depends on them is made again in its pass.
  void check_all_passes() {
    bind_up_to(*std::max_element(levels_.begin(), levels_.end()));
    std::optional<TooLittleMemory> refusal;
    for (std::size_t p = 0; p < passes_.size(); ++p) try {
        if (!is_restored(passes_[p])) plan_pass(scene_, passes_, p, options_.tile, limits());
      } catch (const TooLittleMemory& e) {
        if (!refusal || e.least() > refusal->least()) refusal = e;
      }
    if (refusal) throw TooLittleMemory(*refusal);
    for (int n = 0; n < int(scene_.size()); ++n)
      if (levels_[std::size_t(n)] > 0) forget(scene_.bound(n));
  }

  static void forget(BoundNode& b) {
    b.bound = false;
    b.images.clear();
    b.tile.reset();
    b.estimate.reset();
  }

  void run_one(std::size_t p) {
    const Pass& pass = passes_[p];
    if (is_restored(pass)) return;
    if (!ready_[p]) workers_.execute([&] { prepare(p); });
    if (!ready_[p]->warning.empty() && options_.log) options_.log("warning: " + ready_[p]->warning);
    if (pass.tiles())
      run_tiles(pass, *ready_[p]);
    else
      run_estimate(pass, *ready_[p]);
    ready_[p].reset();
    if (!earlier_.is_resumable())
      for (std::size_t n = 0; n < scene_.size(); ++n)
        if (last_use(int(n)) == p) scene_.bound(int(n)).stored.clear();
  }

  void prepare(std::size_t p) {
    bind_up_to(passes_[p].level);
    PassPlan plan = plan_pass(scene_, passes_, p, options_.tile, limits());
    if (passes_[p].tiles()) open_outputs(p, plan);
    ready_[p] = std::move(plan);
  }

  // When the units are put together and their estimates are there, all passes are known at once, and most of what they
  // keep is read by nobody any more.
  bool knows_what_is_read() const {
    return options_.only_finish && std::all_of(passes_.begin(), passes_.end(),
                                               [this](const Pass& pass) { return pass.tiles() || is_restored(pass); });
  }

  void prepare_from_the_last() {
    for (std::size_t p = passes_.size(); p-- > 0;)
      if (passes_[p].tiles()) prepare(p);
  }

  bool is_read_later(const PortRef& kept, std::size_t p) const {
    if (!knows_what_is_read()) return true;
    const auto has_requests = [](const Token& token) { return !token.requests.empty(); };
    for (std::size_t q = p + 1; q < passes_.size(); ++q)
      if (ready_[q] && ready_[q]->from_scratch[std::size_t(kept.node)] &&
          std::find(ready_[q]->nodes.begin(), ready_[q]->nodes.end(), kept.node) != ready_[q]->nodes.end() &&
          std::any_of(ready_[q]->tokens.begin(), ready_[q]->tokens.end(), has_requests))
        return true;
    return false;
  }

  MemoryLimits limits() const {
    MemoryLimits limits = memory_limits(options_);
    limits.fixed_tile = !options_.unit.is_all() || options_.only_finish;
    return limits;
  }

  void open_outputs(std::size_t p, PassPlan& plan) {
    const std::string cut = "tiles of " + std::to_string(plan.tile);
    for (const int s : passes_[p].sinks) open_sink(s, cut);
    for (const PortRef& k : passes_[p].keeps) {
      if (is_read_later(k, p))
        open_scratch(k, cut);
      else
        for (Token& token : plan.tokens)
          std::erase_if(token.requests, [&k](const Request& r) { return r.input < 0 && r.ref == k; });
    }
    leave_out_what_is_done(passes_[p], plan);
  }

  void run_tiles(const Pass& pass, const PassPlan& plan) {
    run_pass(scene_, plan, options_, workers_, name_of(pass));
    if (!options_.unit.is_all()) return;
    // Not in the arena: what waits for the disk must hold no thread back from other scenes.
    if (options_.check_input) options_.check_input();
    for (const int s : pass.sinks)
      if (!finished_[std::size_t(s)]) finish_sink(s);
  }

  void run_estimate(const Pass& pass, const PassPlan& plan) {
    const int n = pass.estimate;
    auto evidence = run_pass(scene_, plan, options_, workers_, name_of(pass));
    workers_.execute([&] { conclude(n, std::move(evidence)); });
    earlier_.save_value_of(n);
  }

  std::string name_of(const Pass& pass) const {
    if (!pass.tiles()) return scene_.node(pass.estimate).id;
    std::vector<int> nodes = pass.sinks;
    for (const PortRef& k : pass.keeps)
      if (std::find(nodes.begin(), nodes.end(), k.node) == nodes.end()) nodes.push_back(k.node);
    std::vector<std::string> names;
    for (const int n : nodes) names.push_back(scene_.node(n).id);
    return join(names);
  }

  // A sink whose file got its final name before the interruption needs nothing any more.
  void open_sink(int n, const std::string& cut) {
    if (const auto facts = earlier_.finished_output(n)) {
      scene_.bound(n).sink_facts = *facts;
      finished_[std::size_t(n)] = true;
      return;
    }
    scene_.open_sink(n, cut);
  }

  void open_scratch(const PortRef& ref, const std::string& cut) {
    fs::create_directories(scene_.inputs().work_dir);
    const ImageInfo& info = scene_.image(ref);
    const std::string& unit = scene_.inputs().unit;  // each unit computes what it keeps for itself
    const std::string stem = scene_.inputs().work_dir + "/" + scene_.node(ref.node).id + "." +
                             std::to_string(ref.output) + (unit.empty() ? "" : "." + unit);
    scene_.bound(ref.node).stored[ref.output] =
        std::make_shared<ScratchImage>(stem, info.grid.size(), info.band_count(), scene_.resume_key(cut));
  }

  bool is_done(const Request& r) const {
    const BoundNode& b = scene_.bound(r.root);
    if (r.input < 0) return b.stored.at(r.ref.output)->holds(r.window);
    return finished_[std::size_t(r.root)] || b.sink->holds(r.window);
  }

  bool is_unshared(int n) const { return dynamic_cast<const UnsharedSink*>(scene_.bound(n).sink.get()) != nullptr; }

  // Requests that an earlier run has served, and those of sinks that are another unit's, are not made again.
  void leave_out_what_is_done(const Pass& pass, PassPlan& plan) {
    const std::size_t count = plan.tokens.size();
    std::size_t done = 0, missing = 0, of_sinks = 0;
    const auto is_for_sink = [](const Request& r) { return r.input >= 0; };
    const auto is_for_shared_sink = [this](const Request& r) { return r.input >= 0 && !is_unshared(r.root); };
    const auto is_for_unshared_sink = [this](const Request& r) { return r.input >= 0 && is_unshared(r.root); };
    for (std::size_t t = 0; t < count; ++t) {
      const auto unit = std::size_t(options_.unit.index);
      const bool mine = t * std::size_t(options_.unit.count) / count == unit;
      std::vector<Request>& requests = plan.tokens[t].requests;
      const std::size_t before = requests.size();
      std::erase_if(requests, [&](const Request& r) { return is_done(r); });
      done += before > 0 && requests.empty();
      missing += !requests.empty();
      of_sinks += std::any_of(requests.begin(), requests.end(), is_for_shared_sink);
      if (!mine) std::erase_if(requests, is_for_sink);
      if (!options_.unit.is_all()) std::erase_if(requests, is_for_unshared_sink);
    }
    // What is kept between passes is each process's own, and is computed again for the estimates that need it.
    if (options_.only_finish && of_sinks > 0)
      throw Error(Fault::interrupted, std::to_string(of_sinks) + " of " + std::to_string(count) + " tiles of " +
                                          name_of(pass) + " are missing; run the units again, then finish");
    if (done > 0 && options_.log)
      options_.log(name_of(pass) + ": " + std::to_string(done) + " of " + std::to_string(count) +
                   " tiles are there from an earlier run, " + std::to_string(missing) + " are missing");
  }

  void finish_sink(int n) {
    BoundNode& b = scene_.bound(n);
    const Timed timed(scene_.stats(n));
    try {
      b.sink_facts = b.sink->finish();
      b.sink.reset();
    } catch (...) {
      rethrow_with(label(scene_.node(n)));
    }
    // An only output is recorded with the whole scene.
    if (passes_.size() + passes_.back().sinks.size() > 2) earlier_.save_output(n);
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
  EarlierRun earlier_;
  const RunOptions& options_;
  Workers& workers_;
  std::vector<Pass> passes_;
  std::vector<int> levels_;
  std::vector<bool> finished_;                  // by node: a sink whose file is complete
  std::vector<bool> restored_;                  // by node: an estimate whose value an earlier run found
  std::vector<std::optional<PassPlan>> ready_;  // by pass, from its preparation to its end
};

}  // namespace

SceneReport run_tiled(const Graph& graph, const SceneInputs& inputs, const RunOptions& options, Workers& workers) {
  return TiledRun(graph, inputs, options, workers).run();
}

SceneReport run_tiled(const Graph& graph, const SceneInputs& inputs, const RunOptions& options) {
  Workers workers(options.threads, memory_limits(options).tiles);
  return run_tiled(graph, inputs, options, workers);
}

}  // namespace nadir
