// Running a graph over scenes: one bad scene does not stop the others.
#include "pipeline/app/run_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "io/io.h"
#include "pipeline/app/findings.h"
#include "pipeline/app/measure.h"
#include "pipeline/app/quality_table.h"
#include "pipeline/app/record_json.h"
#include "pipeline/app/report.h"
#include "pipeline/app/run_checks.h"
#include "pipeline/app/run_folder.h"
#include "pipeline/app/run_identity.h"
#include "pipeline/app/scene_files.h"
#include "pipeline/app/trace.h"
#include "pipeline/app/version.h"

namespace nadir::app {
namespace {

std::atomic<bool> interrupted{false};

void catch_signals() {
  const auto stop = [](int signal) {
    interrupted = true;
    std::signal(signal, SIG_DFL);  // a second one ends the program at once
  };
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
}

Device choose_device(const Graph& graph, Log& log) {
  if (graph.run.device == DeviceChoice::cuda) require_device();
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return graph.wants_device(n); }))
    return Device::cpu;
  const std::string why_not = missing_device();
  log.info("device: " + (why_not.empty() ? device_name() : "cpu (" + why_not + ")"));
  return why_not.empty() ? Device::cuda : Device::cpu;
}

UnitShare unit_from(const std::string& text) {
  UnitShare unit;
  if (text.empty()) return unit;
  int end = 0;
  if (std::sscanf(text.c_str(), "%d/%d%n", &unit.index, &unit.count, &end) != 2 || std::size_t(end) != text.size() ||
      unit.index < 1 || unit.count < 2 || unit.index > unit.count)
    throw Error(Fault::usage, "--unit " + text + ": must be K/N, the K-th of N processes, as 1/2 and 2/2");
  --unit.index;
  return unit;
}

std::vector<SceneFile> scenes_of(const RunRequest& request, Log& log) {
  std::vector<SceneFile> scenes = find_scenes(request.inputs, [&log](const std::string& fact) { log.warning(fact); });
  check_out_is_no_input(request, scenes);
  return scenes;
}

class FolderRun {
 public:
  FolderRun(const RunRequest& request, const Graph& graph)
      : request_(request),
        graph_(graph),
        log_(request.log_format, request.quiet),
        files_(scenes_of(request, log_)),
        device_(choose_device(graph, log_)),
        config_(resolved_config(graph)),
        unit_(unit_from(request.unit)),
        folder_(request.out, run_identity(request, graph, config_), request.restart, unit_name()),
        scenes_(files_.size()) {
    options_.device = device_;
    options_.threads = thread_count(graph);
    options_.tile = graph.run.tile;
    options_.memory = *parse_bytes(graph.run.memory);
    options_.interrupted = &interrupted;
    options_.unit = unit_;
    options_.only_finish = request.only_finish;
    if (!request.trace.empty()) options_.trace = &trace_;
    for (const std::string& warning : unread_inputs(request, graph)) log_.warning(warning);
  }

  int run() {
    run_scenes();
    const Json run = run_json();
    if (unit_.is_all())
      write_report(run);
    else
      log_.info(fmt::format("unit {} of {} has done its part; when all have, run `nadir finish`", unit_.index + 1,
                            unit_.count));
    if (!request_.trace.empty()) write_text_file(request_.trace, trace_json(trace_, graph_));
    if (request_.json)
      fmt::print("{}\n", run.dump(2, ' ', false, Json::error_handler_t::replace));
    else if (unit_.is_all())
      print_summary();
    if (interrupted) return int(Fault::interrupted);
    if (failed_ == 0) return 0;
    const bool all_alike = failed_ == int(files_.size()) && faults_.size() == 1;
    return all_alike ? int(*faults_.begin()) : int(Fault::scenes);
  }

 private:
  std::string unit_name() const { return unit_.is_all() ? "" : fmt::format("{}-of-{}", unit_.index + 1, unit_.count); }

  // More scenes at once than threads, so that none is idle while a scene is opened, finished or waits for the disk.
  void run_scenes() {
    Workers workers(options_.threads, memory_limits(options_).tiles);
    std::atomic<std::size_t> next{0};
    const auto drive = [&] {
      for (std::size_t k = next++; k < files_.size(); k = next++) {
        if (interrupted || (request_.fail_fast && failed_ > 0)) return;
        scenes_[k] = run_scene(files_[k], workers);
      }
    };
    std::vector<std::thread> others;
    for (std::size_t t = 1; t < std::min(files_.size(), std::size_t(options_.threads) + 2); ++t)
      others.emplace_back(drive);
    drive();
    for (std::thread& t : others) t.join();
    for (std::size_t k = 0; k < scenes_.size(); ++k)
      if (scenes_[k].is_null())
        scenes_[k] = {{"name", files_[k].name}, {"input", files_[k].path}, {"status", "not started"}};
  }

  Json run_scene(const SceneFile& file, Workers& workers) {
    const auto start = std::chrono::steady_clock::now();
    Json scene;
    Fault fault{};
    try {
      // Of what is read, not of what may replace it meanwhile.
      const std::string input_fingerprint = fingerprint_with_sidecars(file.path);
      const SceneInputs inputs = folder_.inputs_for(file.name, file.path, request_.truth, input_fingerprint);
      scene = folder_.completed(inputs, [&](const std::string& fact) { log_.info(file.name + ": " + fact); });
      if (scene.is_object())
        log_.info(file.name + ": already complete");
      else
        scene = compute(inputs, input_fingerprint, start, workers);
    } catch (const Error& e) {
      fault = e.fault();
      scene = failed_scene(file, e, seconds_since(start));
    } catch (const std::exception& e) {  // no reason to give up the other scenes
      fault = Fault::internal;
      scene = failed_scene(file, Error(fault, e.what()), seconds_since(start));
    }
    // Work on a bad input is of no use to anybody; after a bad setting or a lack of memory another try goes on with it.
    const bool useless = fault == Fault::data || fault == Fault::missing;
    if (unit_.is_all() && (fault == Fault{} || useless)) folder_.clean(file.name);
    if (unit_.is_all() && fault == Fault::config) folder_.remove_empty(file.name);
    return scene;
  }

  Json compute(const SceneInputs& inputs, const std::string& input_fingerprint,
               std::chrono::steady_clock::time_point start, Workers& workers) {
    const std::string file_fingerprint = fingerprint(inputs.path);
    RunOptions options = options_;
    options.progress = [&](const std::string& what, double share) { log_.progress(inputs.name, what, share); };
    options.log = [&](const std::string& fact) { log_.info(inputs.name + ": " + fact); };
    options.check_input = [&] {
      const std::string now = fingerprint(inputs.path);
      if (now.empty() && !file_fingerprint.empty())
        throw Error(Fault::missing, inputs.path + ": has gone while it was read; nothing was written");
      if (now != file_fingerprint)
        throw Error(Fault::data, inputs.path + ": was changed while it was read; nothing was written, run again");
    };
    const SceneReport report = run_tiled(graph_, inputs, options, workers);
    Json scene = scene_json(graph_, inputs, report);
    scene[kFingerprint] = input_fingerprint;
    scene["status"] = "done";
    scene["seconds"] = seconds_since(start);
    if (!unit_.is_all()) return scene;
    write_values(scene, inputs.output_dir);
    folder_.mark_completed(inputs, scene);
    for (const auto& warning : scene["warnings"]) log_.warning(inputs.name + ": " + warning.get<std::string>());
    log_.info(fmt::format("{}: done in {:.1f} s{}", inputs.name, seconds_since(start), findings(report)));
    return scene;
  }

  Json failed_scene(const SceneFile& file, const Error& e, double seconds) {
    if (e.fault() != Fault::interrupted || !interrupted) {
      const std::scoped_lock lock(mutex_);
      ++failed_;
      faults_.insert(e.fault());
      log_.error(file.name + ": " + e.what());
    }
    const char* status = e.fault() == Fault::interrupted ? "interrupted" : "failed";
    return {{"name", file.name}, {"input", file.path}, {"status", status}, {"error", e.what()}, {"seconds", seconds}};
  }

  Json run_json() const {
    Json scenes = Json::array();
    for (const Json& scene : scenes_) scenes.push_back(with_short_lists(scene));
    return {{"nadir", kVersion},
            {"config_file", graph_.file},
            {"config", config_},
            {"command", request_.command_line},
            {"started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(started_at_))},
            {"seconds", seconds_since(started_)},
            {"device", options_.device == Device::cuda ? device_name() : "cpu"},
            {"threads", options_.threads},
            {"peak_mib", peak_memory_mib()},
            {"scenes", std::move(scenes)}};
  }

  void write_report(const Json& run) const {
    folder_.write_run_json(run);
    if (const std::string csv = quality_csv(run); !csv.empty()) write_text_file(folder_.dir() + "/metrics.csv", csv);
    write_text_file(folder_.dir() + "/report.html", report_html(run));
  }

  void print_summary() const {
    for (const Json& scene : scenes_) {
      if (scene["status"] != "done") {
        fmt::print("{}: {}\n", scene["name"].get<std::string>(), scene["status"].get<std::string>());
        continue;
      }
      for (const auto& output : scene["outputs"])
        if (output.contains("path")) fmt::print("{}\n", output["path"].get<std::string>());
      fmt::print("{}", quality_table(scene));
    }
    fmt::print("{}/run.json\n{}/report.html\n", folder_.dir(), folder_.dir());
  }

  const RunRequest& request_;
  const Graph& graph_;
  Log log_;
  std::vector<SceneFile>
      files_;  // like the device looked for before the folder is made, which a slip would leave behind
  Device device_;
  Json config_;
  UnitShare unit_;
  RunFolder folder_;
  RunOptions options_;
  Trace trace_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::time_t started_at_ = std::time(nullptr);
  std::vector<Json> scenes_;  // in the order of the files
  std::mutex mutex_;
  std::atomic<int> failed_{0};
  std::set<Fault> faults_;
};

}  // namespace

Graph configured_graph(const RunRequest& request, const Registry& registry) {
  std::vector<std::string> overrides = request.overrides;
  if (!request.device.empty()) overrides.push_back("run.device=" + request.device);
  if (request.threads > 0) overrides.push_back("run.threads=" + std::to_string(request.threads));
  if (!request.memory.empty()) overrides.push_back("run.memory=" + request.memory);
  return load_graph(request.config, registry, overrides);
}

int thread_count(const Graph& graph) {
  return graph.run.threads > 0 ? graph.run.threads : int(std::max(1U, std::thread::hardware_concurrency()));
}

int run_command(const RunRequest& request, const Registry& registry) {
  const Graph graph = configured_graph(request, registry);
  check_truth(request, graph);
  check_restart(request);
  check_trace_folder(request);
  catch_signals();
  configure_io(cache_share(*parse_bytes(graph.run.memory)), thread_count(graph));
  return FolderRun(request, graph).run();
}

int report_command(const std::string& dir) {
  const Json run = read_json_file(dir + "/run.json");
  if (!run.contains("nadir") || !run.contains("scenes") || !run["scenes"].is_array())
    throw Error(Fault::data, dir + "/run.json is none of a run of nadir: there is no list of scenes in it");
  write_text_file(dir + "/report.html", report_html(run));
  fmt::print("{}/report.html\n", dir);
  return 0;
}

}  // namespace nadir::app
